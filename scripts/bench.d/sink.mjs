// sink.mjs DATAFILE OBJECTSIZE [checksums]: an S3 server that costs little, so
// that what is measured is the client. It throws away what is put, and has one
// object to read, down/object: OBJECTSIZE bytes that repeat DATAFILE. It checks
// nothing: no signature, no hash. With `checksums` it claims, as AWS does, to
// keep CRC32s. Prints its port; ends when its stdin does.
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const [dataFile, sizeText, mode] = process.argv.slice(2)
const data = readFileSync(dataFile)
const downSize = Number(sizeText)
const checksums = mode === 'checksums'
const objects = new Map()
const uploads = new Map()

const hex = (bytes) => bytes.toString('hex')
const modified = new Date(Math.floor(Date.now() / 1000) * 1000)

/** The length of a body that is thrown away. */
const swallow = async (request) => {
  let length = 0
  for await (const chunk of request) length += chunk.length
  // aws-chunked: the framing does not count
  return Number(request.headers['x-amz-decoded-content-length'] ?? length)
}

/**
 * Never hashed here: clients compare with what they sent in Content-MD5 if at
 * all, and with what they were told of the parts.
 */
const etagOf = (request) => {
  const md5 = request.headers['content-md5']
  return `"${md5 ? hex(Buffer.from(md5, 'base64')) : hex(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'))}"`
}

const kept = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-')))

const xml = (response, name, content) => {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${content}</${name}>`
  response.setHeader('content-type', 'application/xml')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}

const fail = (response, status, code) => {
  response.statusCode = status
  xml(response, 'Error', `<Code>${code}</Code><Message>${code}</Message>`)
}

objects.set('down/object', {
  size: downSize,
  etag: '"0123456789abcdef0123456789abcdef-2"',
})

/** Bytes first..last of the object, not copied. */
function* pieces(first, last) {
  for (let at = first; at <= last;) {
    const from = at % data.length
    const length = Math.min(data.length - from, last + 1 - at, 1 << 20)
    yield data.subarray(from, from + length)
    at += length
  }
}

const read = (request, response, key) => {
  const object = objects.get(key)
  if (!object) return fail(response, 404, 'NoSuchKey')
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const first = Number(wanted?.[1] ?? 0)
  const last = Math.min(Number(wanted?.[2] || Infinity), object.size - 1)
  if (wanted && first > last) return fail(response, 416, 'InvalidRange')
  response.writeHead(wanted ? 206 : 200, {
    ...object.metadata,
    ...(object.crc32 && {
      'x-amz-checksum-crc32': object.crc32,
      'x-amz-checksum-type': 'FULL_OBJECT',
    }),
    ...(wanted && { 'content-range': `bytes ${first}-${last}/${object.size}` }),
    'accept-ranges': 'bytes',
    'content-length': last + 1 - first,
    'content-type': 'application/octet-stream',
    etag: object.etag,
    'last-modified': modified.toUTCString(),
  })
  if (request.method === 'HEAD') return response.end()
  return pipeline(Readable.from(pieces(first, last)), response)
}

/** rclone lists the directory before it reads. */
const list = (response, prefix) => {
  const contents = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(
      ([key, { size, etag }]) =>
        `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>${etag}</ETag>` +
        `<LastModified>${modified.toISOString()}</LastModified></Contents>`,
    )
  const rest = '<IsTruncated>false</IsTruncated>'
  xml(response, 'ListBucketResult', rest + contents.join(''))
}

const create = (request, response, key) => {
  const id = randomUUID()
  uploads.set(id, { parts: new Map(), metadata: kept(request.headers) })
  const algorithm = request.headers['x-amz-checksum-algorithm']
  if (checksums && algorithm) {
    response.setHeader('x-amz-checksum-algorithm', algorithm)
    const type = request.headers['x-amz-checksum-type'] ?? 'COMPOSITE'
    response.setHeader('x-amz-checksum-type', type)
  }
  xml(
    response,
    'InitiateMultipartUploadResult',
    `<Bucket>b</Bucket><Key>${key}</Key><UploadId>${id}</UploadId>`,
  )
}

const put = async (request, response, key, upload, number) => {
  const etag = etagOf(request)
  const size = await swallow(request)
  if (upload) upload.parts.set(number, { size, etag })
  else objects.set(key, { size, etag, metadata: kept(request.headers) })
  response.setHeader('etag', etag)
  const crc32 = request.headers['x-amz-checksum-crc32']
  if (checksums && crc32) response.setHeader('x-amz-checksum-crc32', crc32)
  response.end()
}

const complete = async (request, response, key, upload) => {
  await swallow(request)
  const parts = [...upload.parts].sort(([a], [b]) => a - b)
  const md5 = createHash('md5')
  let size = 0
  for (const [, part] of parts) {
    md5.update(Buffer.from(part.etag.slice(1, -1), 'hex'))
    size += part.size
  }
  const etag = `"${md5.digest('hex')}-${parts.length}"`
  const crc32 = checksums && request.headers['x-amz-checksum-crc32']
  objects.set(key, { size, etag, crc32, metadata: upload.metadata })
  xml(
    response,
    'CompleteMultipartUploadResult',
    `<Bucket>b</Bucket><Key>${key}</Key><ETag>${etag}</ETag>`,
  )
}

const serve = (request, response) => {
  const url = new URL(request.url, 'http://sink')
  const [, , ...rest] = url.pathname.split('/')
  const key = decodeURIComponent(rest.join('/'))
  const id = url.searchParams.get('uploadId')
  const upload = uploads.get(id)
  if (id && !upload) return fail(response, 404, 'NoSuchUpload')
  switch (request.method) {
    case 'HEAD':
    case 'GET':
      if (key) return read(request, response, key)
      return list(response, url.searchParams.get('prefix') ?? '')
    case 'PUT': {
      const number = Number(url.searchParams.get('partNumber'))
      return put(request, response, key, upload, number)
    }
    case 'POST':
      if (upload) return complete(request, response, key, upload)
      return create(request, response, key)
    case 'DELETE':
      if (!id) objects.delete(key)
      uploads.delete(id)
      return response.writeHead(204).end()
    default:
      return fail(response, 501, 'NotImplemented')
  }
}

const server = createServer((request, response) => {
  // a client that goes away is its own affair
  Promise.resolve(serve(request, response)).catch(() => response.destroy())
})
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => process.exit())
