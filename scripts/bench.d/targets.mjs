// The servers that are measured against
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { run, start } from './processes.mjs'

const script = (name) => fileURLToPath(new URL(name, import.meta.url))

const startSink = async ({ blockFile, size, checksums }) => {
  const args = [script('sink.mjs'), blockFile, String(size)]
  if (checksums) args.push('checksums')
  const child = start(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // ^C may have ended it before it is asked to
  const closed = once(child, 'close')
  const [port] = await once(createInterface(child.stdout), 'line')
  const endpoint = `http://127.0.0.1:${port}`
  const keys = { S3_KEY_ID: 'AKIDBENCH', S3_SECRET: 'SECRETBENCH' }
  return {
    settings: { S3_ENDPOINT: endpoint, ...keys },
    stop: async () => {
      child.stdin.end()
      await closed
    },
  }
}

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
export const startTarget = (name, { size, blockFile }) =>
  name === 'rgw' ? startRgw({ size }) : startSink({ blockFile, size, checksums: name === 'sink' })

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

export const awsConfig = `[default]
s3 =
  multipart_chunksize = 8MB
  max_concurrent_requests = 4
  addressing_style = path
`
