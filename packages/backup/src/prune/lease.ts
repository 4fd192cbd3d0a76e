import { createHash, randomBytes } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { untilAborted } from '@z3/cli'
import { ASIDE, Z3Error } from '@z3/core'
import type { ObjectStore } from '@z3/s3'
import type { StoredPlace } from '../store/stored-place.js'

/*
 * Prune and backups of different hosts, interlocked. A prune writes a lease, then lists the
 * objects, then deletes, then removes the lease. A backup completes its object, then looks for
 * leases, and looks at the parent when there is none. On a store that shows at once what was
 * written, one of the two notices the other:
 *
 * - The listing came after the child: the child is in the plan, and keeps its parent.
 * - The listing came before the child: so did the lease. The backup finds the lease, and waits
 *   for its end; or the lease has ended, and so have the deletions. In both cases it looks at
 *   the parent after the last deletion.
 *
 * Two prunes exclude each other in the same way: each writes its lease, then lists the leases;
 * at least one finds that of the other. No step needs a conditional write.
 */

/** Milliseconds after which a lease that was not renewed expires, by the store's clock. */
export const LEASE_TTL = 900_000

/** The holder stops deleting well before its lease expires for others. */
const LATEST = (LEASE_TTL * 2) / 3

/** Milliseconds between two checks of a backup that waits for a prune. */
const POLL = 5000

/** A lease that is held. */
export interface Lease {
  /**
   * Renew the lease if that is due: to be called before each deletion.
   *
   * @throws Z3Error `lock-failed`: it was not renewed in time, or removed, and another may prune
   */
  check(): Promise<void>
}

/**
 * Prune, while no other host prunes the dataset.
 *
 * @param tick milliseconds of a clock that is never set
 * @throws Z3Error `locked`; `not-implemented` if the store does not show the lease, or may not show
 *   that of another host
 */
export async function withLease<T>(
  place: StoredPlace,
  signal: AbortSignal,
  tell: (line: string) => void,
  action: (lease: Lease) => Promise<T>,
  tick: () => number = () => performance.now(),
): Promise<T> {
  const { store, dataset } = place
  const owner = `${hostname().replace(/[^\w.-]/g, '_')}-${String(process.pid)}`
  const unique = `${await machine()}-${randomBytes(4).toString('hex')}`
  const own = `${leaseStart(place)}${owner}-${unique}.lease`
  const started = new Date(store.now()).toISOString()
  const body = Buffer.from(JSON.stringify({ host: hostname(), pid: process.pid, started }))
  let renewed = tick()
  const write = async (): Promise<void> => {
    const asked = tick()
    try {
      await store.put(own, body, signal)
    } catch (error) {
      throw noRoom(error)
    }
    renewed = asked
  }
  const notAtOnce = (): Z3Error =>
    new Z3Error(
      'not-implemented',
      `${store.title} does not list at once what was written: hosts cannot exclude each other`,
      { hint: 'Let no other host back up or prune meanwhile, and add --unlocked.' },
    )
  const lost = (): Z3Error =>
    new Z3Error('lock-failed', `the lease on the backups of ${dataset} was lost`, {
      hint: 'This run was stopped or slow, and another host may prune now: run again.',
    })
  try {
    await write()
    const { alive, stale, keys } = await listLeases(store, leaseStart(place), signal)
    if (store.listsLate || !keys.includes(own)) throw notAtOnce()
    const other = alive.find((key) => key !== own)
    if (other !== undefined) {
      throw new Z3Error('locked', `another run prunes ${dataset} (${holderOf(place, other)})`, {
        hint: 'Wait until it has ended; the lease of a dead run expires after 15 minutes.',
      })
    }
    for (const key of stale) await store.delete(key, signal)
    return await action({
      check: async () => {
        const age = tick() - renewed
        if (age > LATEST) throw lost()
        if (age < LEASE_TTL / 4) return
        if (!(await store.exists(own, signal))) throw lost()
        await write()
      },
    })
  } finally {
    // after Ctrl-C, too; one that stays expires
    await store.delete(own, AbortSignal.timeout(10_000)).catch((error: unknown) => {
      tell(`cannot remove the lease '${own}': ${String(error)}`)
    })
  }
}

/** A store that is full has no room for a lease, either, and deletions would make room. */
function noRoom(error: unknown): unknown {
  if (!(error instanceof Z3Error) || error.code !== 'no-space') return error
  return new Z3Error('no-space', error.message, {
    hint: 'Free space; or let no other host back up or prune meanwhile, and add --unlocked.',
    cause: error.cause,
  })
}

/**
 * Wait until no host prunes a dataset.
 *
 * @param say gets the reason, once
 * @throws Z3Error of the store
 */
export async function waitForPrunes(
  place: StoredPlace,
  signal: AbortSignal,
  say: (line: string) => void,
  sleep: (milliseconds: number) => Promise<unknown> = (ms) => pause(ms, undefined, { signal }),
): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const [holder] = (await listLeases(place.store, leaseStart(place), signal)).alive
    if (holder === undefined) return
    if (turn === 0) say(`${place.dataset}: waiting for z3 prune (${holderOf(place, holder)})`)
    await sleep(POLL)
  }
}

/** A lease, as z3 doctor shows it. */
interface FoundLease {
  readonly dataset: string
  /** `HOST-PID` */
  readonly holder: string
  /** False: it has expired, or its holder has ended. */
  readonly isAlive: boolean
}

/**
 * The leases on all datasets below a prefix.
 *
 * @throws Z3Error of the store
 */
export async function findLeases(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly FoundLease[]> {
  const start = `${prefix}${LEASES}`
  const { keys, alive } = await listLeases(store, start, signal)
  return keys.map((key) => {
    const [dataset = '', ...rest] = key.slice(start.length).split('@')
    return { dataset, holder: withoutUnique(rest.join('@')), isAlive: alive.includes(key) }
  })
}

async function listLeases(
  store: ObjectStore,
  start: string,
  signal: AbortSignal,
): Promise<Record<'alive' | 'stale' | 'keys', readonly string[]>> {
  const found: { key: string; modified: Date | undefined }[] = []
  for await (const item of untilAborted(signal, store.list(start, signal))) {
    // it would never expire: nobody knows its age
    if ('problem' in item) throw item.problem
    found.push(item)
  }
  // an age that is not known is no proof
  const now = store.now().getTime()
  const here = await machine()
  const isStale = ({ key, modified }: (typeof found)[number]): boolean =>
    (modified !== undefined && now - modified.getTime() > LEASE_TTL) || isDead(key, here)
  return {
    keys: found.map(({ key }) => key),
    alive: found.filter((one) => !isStale(one)).map(({ key }) => key),
    stale: found.filter(isStale).map(({ key }) => key),
  }
}

const LEASES = `${ASIDE}prune/`

/** No dataset's is the beginning of another's, since no name has an `@`. */
function leaseStart({ prefix, dataset }: StoredPlace): string {
  return `${prefix}${LEASES}${dataset}@`
}

/** `HOST-PID` */
function holderOf(place: StoredPlace, key: string): string {
  return withoutUnique(key.slice(leaseStart(place).length))
}

function withoutUnique(name: string): string {
  return name.replace(/-\w+-[0-9a-f]{8}\.lease$/, '')
}

/** Whether the holder was a process of this machine that no longer exists. */
function isDead(key: string, here: string): boolean {
  const [, pid = '', there] = /-(\d+)-(\w+)-[0-9a-f]{8}\.lease$/.exec(key) ?? []
  if (here === UNKNOWN || there !== here) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

const UNKNOWN = 'unknown'

/** What tells apart the places in which process ids are unique: boots, and containers. */
async function machine(): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const pids = await readlink('/proc/self/ns/pid')
    return createHash('sha256').update(`${boot}${pids}`).digest('hex').slice(0, 12)
  } catch {
    // another system, where every lease has to expire
    return UNKNOWN
  }
}
