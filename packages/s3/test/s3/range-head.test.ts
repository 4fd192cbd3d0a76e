import t from 'tap'
import { parseRangeHead } from '../../src/s3/range/range-head.js'

const GOOD = [
  'HTTP/1.1 206 Partial Content',
  'Content-Length: 10',
  'Content-Range: bytes 5-14/100',
  'ETag: "x"',
]

const head = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody`)

void t.test('the answer that is taken', (t) => {
  const bytes = head(GOOD)
  t.match(parseRangeHead(bytes, 10), {
    bodyAt: bytes.length - 4,
    keepAlive: true,
    headers: { 'content-range': 'bytes 5-14/100', etag: '"x"' },
  })
  t.match(parseRangeHead(head([...GOOD, 'Connection: close']), 10), {
    keepAlive: false,
  })
  t.end()
})

void t.test('not yet whole', (t) => {
  const bytes = head(GOOD)
  for (let n = 0; n < bytes.length - 4; n++) {
    if (parseRangeHead(bytes.subarray(0, n), 10) !== undefined) {
      t.fail(`the first ${String(n)} bytes pass for a head`)
    }
  }
  t.ok(parseRangeHead(bytes.subarray(0, bytes.length - 4), 10))
  t.end()
})

void t.test('answers for others to read', (t) => {
  const [status = '', ...rest] = GOOD
  for (const [what, lines] of [
    ['an error', ['HTTP/1.1 404 Not Found', ...rest]],
    ['all of it', ['HTTP/1.1 200 OK', ...rest]],
    ['an interim answer', ['HTTP/1.1 100 Continue']],
    ['HTTP/1.0', ['HTTP/1.0 206 Partial Content', ...rest]],
    ['no HTTP', ['SSH-2.0-OpenSSH_9.2']],
    ['no length', [status]],
    ['another length', [status, 'Content-Length: 9']],
    ['a length of odd form', [status, 'Content-Length: +10']],
    ['two lengths', [...GOOD, 'content-length: 10']],
    ['chunks', [...GOOD, 'Transfer-Encoding: chunked']],
    ['compression', [...GOOD, 'Content-Encoding: gzip']],
    ['a folded header', [...GOOD, ' folded']],
    ['a header without a name', [...GOOD, ': x']],
    ['a blank before the colon', [...GOOD, 'X : y']],
  ] as const) {
    t.equal(parseRangeHead(head(lines), 10), null, what)
  }
  t.end()
})
