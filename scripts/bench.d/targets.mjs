// The servers that are measured against
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { installPackages } from './install.mjs'
import { run, start } from './processes.mjs'

const script = (name) => fileURLToPath(new URL(name, import.meta.url))

/** A certificate for 127.0.0.1. @returns the files of it and of its key */
const makeCertificate = async (dir) => {
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')]
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '30'],
    ...['-keyout', key, '-out', cert],
  ])
  return { cert, key }
}

const startSink = async ({ blockFile, size, checksums, line = {} }) => {
  const dir = dirname(blockFile)
  await installPackages(['gcc', 'libc6-dev', 'libssl-dev', 'openssl'])
  const sink = join(dir, 'sink')
  const source = fileURLToPath(new URL('sink/sink.c', import.meta.url))
  await run('gcc', ['-O2', '-pthread', '-o', sink, source, '-lssl', '-lcrypto'])
  const tls = line.tls ? await makeCertificate(dir) : undefined
  const child = start(
    sink,
    [
      ...[blockFile, String(size)],
      ...(checksums ? ['--checksums'] : []),
      ...(tls ? ['--tls', tls.cert, tls.key] : []),
      ...['--latency', String(line.latency ?? 0), '--bandwidth', String(line.bandwidth ?? 0)],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  // ^C may have ended it before it is asked to
  const closed = once(child, 'close')
  const [port] = await once(createInterface(child.stdout), 'line')
  return {
    settings: {
      S3_ENDPOINT: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
      S3_KEY_ID: 'AKIDBENCH',
      S3_SECRET: 'SECRETBENCH',
      ...(tls ? trust(tls.cert) : {}),
    },
    stop: async () => {
      child.stdin.end()
      await closed
    },
  }
}

/** How each program is told of a certificate. s5cmd and rclone know the system's variable. */
const trust = (cert) => ({
  S3_CA_FILE: cert,
  NODE_EXTRA_CA_CERTS: cert,
  SSL_CERT_FILE: cert,
  CURL_CA_BUNDLE: cert,
  REQUESTS_CA_BUNDLE: cert,
})

const startRgw = async ({ size }) => {
  const server = script('../s3-server')
  const name = `bench-${process.pid}`
  // what was deleted lingers until it is collected
  const room = String(Math.max(4 * size, 1 << 30) + (1 << 30))
  const { stdout } = await run(server, [
    ...['start', '--name', name, '--owner', String(process.pid)],
    ...['--size', room],
  ])
  const value = (variable) => new RegExp(`\\b${variable}=['"]?([^'"\\s]+)`).exec(stdout)?.[1]
  const names = ['S3_ENDPOINT', 'S3_KEY_ID', 'S3_SECRET']
  return {
    settings: Object.fromEntries(names.map((key) => [key, value(key)])),
    stop: () => run(server, ['stop', name]),
  }
}

/** Start the server. @returns what clients need to know, and how to stop it */
export const startTarget = (name, { size, blockFile, line }) =>
  name === 'rgw'
    ? startRgw({ size })
    : startSink({ blockFile, size, checksums: name === 'sink', line })

/** Clean of the caller's own settings: nothing but this server is meant. */
export const environment = (settings, dir) => ({
  PATH: process.env['PATH'],
  LC_ALL: 'C.UTF-8',
  HOME: dir,
  TMPDIR: dir,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  ...settings,
  BUCKET: 'bench',
  // aws
  AWS_ACCESS_KEY_ID: settings.S3_KEY_ID,
  AWS_SECRET_ACCESS_KEY: settings.S3_SECRET,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: join(dir, 'aws.conf'),
  AWS_EC2_METADATA_DISABLED: 'true',
  // rclone: the remote bench:
  RCLONE_CONFIG: join(dir, 'rclone.conf'),
  RCLONE_CONFIG_BENCH_TYPE: 's3',
  RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
  RCLONE_CONFIG_BENCH_ENDPOINT: settings.S3_ENDPOINT,
  RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: settings.S3_KEY_ID,
  RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: settings.S3_SECRET,
  RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE: 'true',
})

/** The client in C, where this version has it. */
export const awsConfig = `[default]
s3 =
  preferred_transfer_client = crt
  multipart_chunksize = 8MB
  max_concurrent_requests = 4
  addressing_style = path
`
