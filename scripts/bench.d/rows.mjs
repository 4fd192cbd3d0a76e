// The programs that are compared. Peers move 8 MiB parts, 4 at a time, and are
// else at their defaults; pput and z3-get are wholly at theirs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { run } from './processes.mjs'

const bin = (name) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url))

const first = async (command, ...args) => (await run(command, args)).stdout.split('\n')[0]

const ours = (name) => ({
  name,
  command: (_, key) => [bin(name), key],
  version: async () => `${await first(bin(name), '--version')} (this checkout)`,
  missing: () => (existsSync(bin(name)) ? undefined : `no ${bin(name)}: run pnpm build`),
})

const peer = (name, script, module) => ({
  name,
  command: (bucket, key) => ['node', script, bucket, key],
  module,
})

const onPath = (name) => process.env['PATH'].split(':').some((dir) => existsSync(join(dir, name)))

/** A program on PATH, or else a package of Debian. */
const packaged = (name, { version, from = name, env }) => ({
  name,
  package: onPath(name) ? undefined : from,
  version,
  env,
})

const rclone = packaged('rclone', {
  version: async () => (await first('rclone', 'version')).slice(8),
  env: { RCLONE_S3_CHUNK_SIZE: '8M', RCLONE_S3_UPLOAD_CONCURRENCY: '4' },
})
const aws = packaged('aws', {
  version: async () => /aws-cli\/(\S+)/.exec(await first('aws', '--version'))?.[1],
  from: 'awscli',
})
const s3cmd = (target) => ({
  ...packaged('s3cmd', { version: async () => (await first('s3cmd', '--version')).slice(14) }),
  missing: () =>
    target === 'rgw' ? undefined : 'it wants the MD5 of each part, which no sink computes',
})
const s5cmd = {
  name: 's5cmd',
  version: () => first('s5cmd', 'version'),
  missing: () => (onPath('s5cmd') ? undefined : 'it is not on PATH'),
}
/** One request without parts, signature or retries: what a pipe and the network cost. */
const curl = (target) => ({
  ...packaged('curl', { version: async () => (await first('curl', '--version')).split(' ')[1] }),
  missing: () => (target === 'rgw' ? 'the server wants a signature' : undefined),
})

/** @param bench `{ endpoint, env, peers, target }`: where the peers' scripts are */
export const rowsOf = (direction, { endpoint, env, peers, target }) => {
  const s3cmdWords = [
    ...[
      's3cmd',
      '--quiet',
      '--host',
      new URL(endpoint).host,
      '--host-bucket',
      new URL(endpoint).host,
    ],
    ...(env.S3_CA_FILE ? ['--ca-certs', env.S3_CA_FILE] : ['--no-ssl']),
  ]
  // not for all: rclone 1.60 fails with it
  const awsRow = { ...aws, env: env.S3_CA_FILE ? { AWS_CA_BUNDLE: env.S3_CA_FILE } : {} }
  const awsCp = ['aws', '--endpoint-url', endpoint, 's3', 'cp', '--quiet']
  const s5cmdWords = ['s5cmd', '--endpoint-url', endpoint]
  const url = (bucket, key) => `s3://${bucket}/${key}`
  const up = () => [
    ours('pput'),
    peer('lib-storage', `${peers}/lib-storage.mjs`, 'lib-storage'),
    { ...rclone, command: (bucket, key) => ['rclone', 'rcat', `bench:${bucket}/${key}`] },
    { ...awsRow, command: (bucket, key) => [...awsCp, '-', url(bucket, key)] },
    {
      ...s5cmd,
      command: (bucket, key) => [...s5cmdWords, 'pipe', '-p', '8', '-c', '4', url(bucket, key)],
    },
    {
      ...s3cmd(target),
      command: (bucket, key) => [
        ...[...s3cmdWords, '--multipart-chunk-size-mb', '8'],
        ...['put', '-', url(bucket, key)],
      ],
    },
    {
      ...curl(target),
      command: (bucket, key) => ['curl', '-sSfT', '-', `${endpoint}/${bucket}/${key}`],
    },
  ]
  const down = () => [
    ours('z3-get'),
    peer('client-s3', `${peers}/get-object.mjs`, 'client-s3'),
    peer('client-s3-ranges', `${peers}/get-ranges.mjs`, 'client-s3'),
    { ...rclone, command: (bucket, key) => ['rclone', 'cat', `bench:${bucket}/${key}`] },
    { ...awsRow, command: (bucket, key) => [...awsCp, url(bucket, key), '-'] },
    { ...s5cmd, command: (bucket, key) => [...s5cmdWords, 'cat', url(bucket, key)] },
    { ...s3cmd(target), command: (bucket, key) => [...s3cmdWords, 'get', url(bucket, key), '-'] },
    { ...curl(target), command: (bucket, key) => ['curl', '-sSf', `${endpoint}/${bucket}/${key}`] },
  ]
  return direction === 'up' ? up() : down()
}
