// The programs that are compared. Peers move 8 MiB parts, 4 at a time, and are
// else at their defaults; pput and z3-get are wholly at theirs.
import { existsSync } from 'node:fs'
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

const rclone = {
  name: 'rclone',
  package: 'rclone',
  version: async () => (await first('/usr/bin/rclone', 'version')).slice(7),
  env: { RCLONE_S3_CHUNK_SIZE: '8M', RCLONE_S3_UPLOAD_CONCURRENCY: '4' },
}

const aws = {
  name: 'aws',
  package: 'awscli',
  version: async () => /aws-cli\/(\S+)/.exec(await first('/usr/bin/aws', '--version'))?.[1],
}

const awsCp = (endpoint, from, to) => [
  '/usr/bin/aws',
  ...['--endpoint-url', endpoint, 's3', 'cp', '--quiet', from, to],
]

/** @param bench `{ endpoint, peers }`: where the peers' scripts are */
export const rowsOf = (direction, bench) =>
  direction === 'up'
    ? [
        ours('pput'),
        peer('lib-storage', `${bench.peers}/lib-storage.mjs`, 'lib-storage'),
        {
          ...rclone,
          command: (bucket, key) => [...['/usr/bin/rclone', 'rcat', `bench:${bucket}/${key}`]],
        },
        {
          ...aws,
          command: (bucket, key) => awsCp(bench.endpoint, '-', `s3://${bucket}/${key}`),
        },
      ]
    : [
        ours('z3-get'),
        peer('client-s3', `${bench.peers}/get-object.mjs`, 'client-s3'),
        peer('client-s3-ranges', `${bench.peers}/get-ranges.mjs`, 'client-s3'),
        {
          ...rclone,
          command: (bucket, key) => [...['/usr/bin/rclone', 'cat', `bench:${bucket}/${key}`]],
        },
        {
          ...aws,
          command: (bucket, key) => awsCp(bench.endpoint, `s3://${bucket}/${key}`, '-'),
        },
      ]
