import { gunzipSync } from 'node:zlib'
import { pattern, runBinary, type TestBucket, type TestPool } from '@z3/fixtures'
import { verifyStream } from '@z3/zstream'
import type { FaultProxy } from './fault-proxy.js'
import { runFaulty, type Ended, type Plan } from './faulty-run.js'
import type { Tally } from './tally.js'

/** What all operations of a soak act upon. */
export interface World {
  readonly pool: TestPool
  /** Seen past the proxy. */
  readonly bucket: TestBucket
  readonly proxy: FaultProxy
  readonly tally: Tally
  /** A directory of the soak's own. */
  readonly home: string
  /** A small file system. */
  readonly small: string
  /** Key to ETag of objects that are known to be whole. */
  readonly whole: Map<string, string>
}

/** Numbers of a run: the same for the same seed. */
export type Below = (bound: number) => number

/** One operation of a soak: it runs programs under a plan, and judges what is left. */
export type Act = (world: World, plan: Plan, below: Below, run: number) => Promise<void>

/** How a run ended: the name of the signal, or the exit status. */
export const outcome = ({ code, signal }: Ended): string => signal ?? String(code)

/** A run through the proxy, or with a bucket of its own. */
export const runOn = (
  world: World,
  binary: Parameters<typeof runBinary>[0],
  args: readonly string[],
  plan: Plan,
  { stdin, env = {} }: { stdin?: Buffer; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> => {
  const options = { env: { ...settings(world), ...env }, ...(stdin ? { stdin } : {}) }
  return runFaulty(binary, args, options, plan, world)
}

/** Short time-outs: a fault is to be met within seconds. */
const settings = ({ bucket, proxy, home }: World) => ({
  ...bucket.env,
  S3_ENDPOINT: proxy.endpoint,
  HOME: home,
  SNAPSHOT_PREFIX: '',
  CONNECT_TIMEOUT: '5s',
  ANSWER_TIMEOUT: '8s',
  COMPLETE_TIMEOUT: '20s',
  RETRY_FOR: '15s',
  CONCURRENCY: '2',
  PATH: process.env['PATH'] ?? '',
})

/** Key to ETag of what is stored. */
export const stored = ({ bucket }: World): Promise<Map<string, string>> => bucket.etags()

/** What was stored before a run is still there, unless the run was to replace it. */
export const checkKept = (
  { tally }: World,
  what: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  replaced?: string,
): void => {
  for (const [key, etag] of before) {
    if (key !== replaced && after.get(key) !== etag) {
      tally.breach('lost object', `${what}: ${key} is not what it was`)
    }
  }
}

/** One cleanup after a run, nothing is pending. */
export const checkPending = async (world: World, what: string): Promise<void> => {
  const { bucket, tally } = world
  if ((await bucket.pending()).length === 0) return
  tally.count('z3 cleanup', 'needed')
  const { code, stderr } = await runBinary('z3', ['cleanup', '--all', '--older-than', '0s'], {
    env: { ...settings(world), ...bucket.env },
  })
  const left = await bucket.pending()
  if (code !== 0 || left.length > 0) {
    tally.breach('orphan', `${what}: ${left.join(' ')} after z3 cleanup: ${String(code)} ${stderr}`)
  }
}

/** Does the program say that the object may stand although it failed? */
export const isTold = ({ code, killed, stderr }: Ended): boolean =>
  killed || code === 6 || /complet/.test(stderr)

/**
 * Read a backup and parse its stream.
 *
 * @param guid of the snapshot that it is to be
 * @returns what is wrong with it; undefined: it is whole
 */
export const findDamage = async (
  { bucket, tally }: World,
  key: string,
  guid: string,
): Promise<string | undefined> => {
  const { metadata } = await bucket.head(key)
  const body = await bucket.get(key)
  try {
    const stream = metadata['compressor'] === 'pigz1' ? gunzipSync(body) : body
    const damage = damageOfStream(stream, guid)
    if (damage === undefined) tally.compared += stream.byteLength
    return damage
  } catch (error) {
    return String(error)
  }
}

/**
 * Parse a stream.
 *
 * @param guid of the snapshot that it is to be
 * @returns what is wrong with it; undefined: it is whole
 */
export const damageOfStream = (stream: Buffer, guid: string): string | undefined => {
  try {
    let at = 0
    const { streams } = verifyStream(
      (into) => {
        const count = stream.copy(into, 0, at, at + into.byteLength)
        at += count
        return count
      },
      () => undefined,
    )
    const found = String(streams[0]?.toguid)
    return found === guid ? undefined : `it is of guid ${found}, not ${guid}`
  } catch (error) {
    return String(error)
  }
}

/** A file of random bytes. */
export const body = (below: Below): Buffer => {
  const size = [below(1000), below(2_000_000), 5_242_880 + below(9_000_000)][below(3)] ?? 0
  return pattern(size, below(255))
}
