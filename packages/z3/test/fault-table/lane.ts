import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  hostPool,
  runShell,
  serverBucket,
  type HostPool,
  type TestBucket,
  type TestServer,
} from '@z3/fixtures'
import { startFaultProxy, type FaultProxy } from '../soak/fault-proxy.js'

/** Where cases run, one after the other: datasets, a bucket and directories of its own. */
export interface Lane {
  readonly name: string
  /** Of all lanes. */
  readonly here: HostPool
  readonly there: HostPool
  /** Below which all datasets of the lane are, on either host. */
  readonly root: string
  readonly thereRoot: string
  readonly bucket: TestBucket
  readonly proxy: FaultProxy
  /** A directory of the lane's own. */
  readonly home: string
  /** Below `home`: a file system without room, and one of a few blocks. */
  readonly full: string
  readonly small: string
  readonly ageRecipient: string
  readonly env: Readonly<Record<string, string>>
}

const COMMANDS = ['zfs'] as const

/** Make a lane that goes away when the test ends. */
export const openLane = async (
  name: string,
  { here, there, directory, server }: Bench,
  teardown: (close: () => unknown) => void,
): Promise<Lane> => {
  const home = `${directory}/${name}`
  const [full, small] = [`${home}/full`, `${home}/small`]
  mkdirSync(full, { recursive: true })
  mkdirSync(small)
  const mounted = await runShell(
    `mount -t tmpfs -o size=4k none "$FULL" && head -c 4096 /dev/zero > "$FULL/zeros"; mkdir "$FULL/z3" "$FULL/tmp"
     mount -t tmpfs -o size=1m none "$SMALL"`,
    { env: { FULL: full, SMALL: small } },
  )
  teardown(() => runShell('umount -l "$FULL" "$SMALL"', { env: { FULL: full, SMALL: small } }))
  if (mounted.code !== 0) throw new Error(mounted.stderr)
  for (const one of ['pace', 'tmp', 'store', 'cache', 'state']) mkdirSync(`${home}/${one}`)
  const pace = fileURLToPath(new URL('../../../../fixtures/commands/pace', import.meta.url))
  for (const command of COMMANDS) symlinkSync(pace, `${home}/pace/${command}`)
  const bucket = await serverBucket(server)
  teardown(() => bucket.close())
  const proxy = await startFaultProxy(server.endpoint)
  teardown(() => proxy.close())
  const identity = `${home}/identity`
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' })
  chmodSync(identity, 0o600)
  const ageRecipient = String(execFileSync('age-keygen', ['-y', identity])).trim()
  const root = `${here.name}/${name}`
  const thereRoot = `${there.name}/${name}`
  await there.must('zfs create "$ROOT"', { ROOT: thereRoot })
  await here.must(
    `zfs create -p "$ROOT/data"
     "$RUN" sh -c 'head -c 250000 /dev/urandom > "$1/f"' sh "/$ROOT/data"; zfs snapshot "$ROOT/data@a"
     "$RUN" sh -c 'head -c 180000 /dev/urandom > "$1/g"' sh "/$ROOT/data"; zfs snapshot "$ROOT/data@b"`,
    { ROOT: root },
  )
  writeFileSync(`${home}/known`, '')
  return {
    name,
    here,
    there,
    root,
    thereRoot,
    bucket,
    proxy,
    home,
    full,
    small,
    ageRecipient,
    env: {
      ...bucket.env,
      S3_ENDPOINT: proxy.endpoint,
      HOME: home,
      XDG_CACHE_HOME: `${home}/cache`,
      XDG_STATE_HOME: `${home}/state`,
      TMPDIR: `${home}/tmp`,
      SNAPSHOT_PREFIX: '',
      COMPRESSOR: 'pigz1',
      Z3_AGE_RECIPIENTS: ageRecipient,
      Z3_AGE_IDENTITY: identity,
      CONNECT_TIMEOUT: '2s',
      ANSWER_TIMEOUT: '2s',
      COMPLETE_TIMEOUT: '8s',
      RETRY_FOR: '5s',
      CONCURRENCY: '2',
      PATH: process.env['PATH'] ?? '',
      GOOD_PATH: process.env['PATH'] ?? '',
    },
  }
}

/** What all lanes share. */
export interface Bench {
  readonly here: HostPool
  readonly there: HostPool
  readonly directory: string
  readonly server: TestServer
}

/** Two pools, and a directory. */
export const openBench = async (
  server: TestServer,
  directory: string,
  teardown: (close: () => unknown) => void,
): Promise<Bench> => {
  const here = await hostPool('source', 'flt')
  teardown(() => here.close())
  const there = await hostPool('target', 'flt')
  teardown(() => there.close())
  return { here, there, directory, server }
}
