import type { Bookmark } from '../../bookmark.js'
import { formatSnapshotName } from '../../snapshot.js'
import type { Schedule } from '../../thin/schedule.js'
import { checkHealth, foldChains } from '../../versions/chain.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import { inTimeOrder } from '../../versions/order.js'
import type { SendFlag } from '../../versions/send-flags.js'
import { isSame, type StoredSnapshot } from '../../versions/stored-snapshot.js'
import { isWanted, type BackupRequest, type BackupStep, type Retention } from './backup-plan.js'

/** A snapshot that is stored or will be, as a possible parent. */
interface Known {
  /** Name of the object, for the metadata of its increments. */
  readonly name: string
  readonly created: number
  /** End of its retention, epoch seconds; its creation if no rule keeps it. */
  readonly until: number
  readonly isFull: boolean
  /** The full backup of its chain, or itself. */
  readonly root: string
  /** The source's snapshot or bookmark; undefined: none, so it cannot be a parent. */
  readonly source: LocalSnapshot | Bookmark | undefined
  readonly sendFlags: readonly SendFlag[]
  /** Undefined: this run stores it. */
  readonly object: StoredSnapshot | undefined
}

/**
 * Choose as parent of each stream the newest stored snapshot that the schedule keeps at least as
 * long: the day for hours, the week for days. Snapshots that are kept longest have the last full
 * backup as parent. A new full one is due after `fullEvery`, with the first snapshot that leads a
 * block of the longest interval that is not longer. A parent must be sendable; otherwise the one
 * that is kept longest is used. The newest full backup starts a new chain: snapshots of an older
 * chain are parents only if the new one has no sendable parent.
 *
 * @param pending to send, the oldest first
 * @param fullFlags of a full stream
 * @param check throws if a stored object cannot be the parent
 */
export function planRetained(
  request: BackupRequest,
  { schedule, fullEvery }: Retention,
  pending: readonly LocalSnapshot[],
  fullFlags: readonly SendFlag[],
  check: (object: StoredSnapshot, source: LocalSnapshot | Bookmark) => void,
): { readonly steps: readonly BackupStep[]; readonly notes: readonly string[] } {
  const blocks = new Blocks(schedule, fullEvery)
  const known = findKnown(request, blocks)
  const notes: string[] = []
  const steps = pending.map((snapshot): BackupStep => {
    const { until, leads } = blocks.take(snapshot.created)
    const full = known.findLast(({ isFull }) => isFull)
    const isDue = full !== undefined && snapshot.created - full.created >= fullEvery && leads
    const parent = isDue ? undefined : chooseParent(known, snapshot, until)
    if (isDue) notes.push(`'${formatSnapshotName(snapshot)}' is sent in full: FULL_EVERY is over`)
    if (parent?.object && parent.source) check(parent.object, parent.source)
    const sendFlags = parent ? parent.sendFlags : fullFlags
    const name = formatSnapshotName(snapshot)
    known.push({
      name,
      root: parent?.root ?? name,
      created: snapshot.created,
      until,
      isFull: parent === undefined,
      source: snapshot,
      sendFlags,
      object: undefined,
    })
    return {
      snapshot,
      storedAs: snapshot.snapshot,
      base: parent?.source,
      parent: parent?.name,
      sendFlags,
      overwrite: false,
    }
  })
  return { steps, notes }
}

function chooseParent(
  known: readonly Known[],
  { createtxg }: LocalSnapshot,
  until: number,
): Known | undefined {
  const all = known
    .filter(({ source }) => source && BigInt(source.createtxg) < BigInt(createtxg))
    .sort((a, b) => compareTxg(a.source, b.source))
  const newest = known.findLast(({ isFull }) => isFull)?.root
  const inChain = all.filter(({ root }) => root === newest)
  const sendable = inChain.length > 0 ? inChain : all
  const longest = sendable.reduce((most, one) => Math.max(most, one.until), -Infinity)
  return (
    // a snapshot that no rule keeps is not kept longer than another of the same second
    sendable.findLast((one) => one.until > one.created && one.until >= until) ??
    sendable.findLast(({ isFull }) => isFull) ??
    sendable.findLast((one) => one.until === longest)
  )
}

function compareTxg(
  a: LocalSnapshot | Bookmark | undefined,
  b: LocalSnapshot | Bookmark | undefined,
): number {
  const [one, other] = [BigInt(a?.createtxg ?? 0), BigInt(b?.createtxg ?? 0)]
  return one === other ? 0 : one < other ? -1 : 1
}

/** The healthy stored snapshots, the oldest first. */
function findKnown(request: BackupRequest, blocks: Blocks): Known[] {
  const { stored, local, bookmarks } = request
  const health = checkHealth(stored)
  const byGuid = new Map<string, LocalSnapshot | Bookmark>()
  for (const one of [...bookmarks, ...local]) byGuid.set(one.guid, one)
  const byName = new Map(local.map((one) => [formatSnapshotName(one), one]))
  const sourceOf = (object: StoredSnapshot): LocalSnapshot | Bookmark | undefined => {
    if (object.guid !== undefined) return byGuid.get(object.guid)
    const same = byName.get(formatSnapshotName(object))
    return same && isSame(same, object) ? same : undefined
  }
  const roots = foldChains(
    stored,
    ({ parent }) => parent,
    (object, above) => above?.value ?? formatSnapshotName(object),
    '',
  )
  const rows = stored
    .filter((object) => health.get(formatSnapshotName(object)) === 'ok')
    .map((object) => ({ stored: object, local: undefined }))
  return inTimeOrder(rows).map(({ stored: object }): Known => {
    const source = sourceOf(object)
    const created = object.created ?? source?.created ?? object.uploaded ?? 0
    const counts = isWanted(request, object)
    return {
      name: formatSnapshotName(object),
      created,
      until: counts ? blocks.take(created).until : created,
      isFull: object.parent === undefined,
      root: roots.get(formatSnapshotName(object)) ?? '',
      source,
      sendFlags: object.sendFlags,
      object,
    }
  })
}

/** The blocks of a schedule's rules, as `explainThin` cuts time; the first snapshot leads each. */
class Blocks {
  readonly #rules: Schedule['rules']
  readonly #taken = new Set<string>()
  /** Only the first snapshot of each such interval, in seconds, may be a full backup; undefined: any. */
  readonly #gate: number | undefined

  constructor({ rules }: Schedule, fullEvery: number) {
    this.#rules = rules
    const periods = rules.map(({ period }) => period).filter((period) => period <= fullEvery)
    this.#gate = periods.length > 0 ? Math.max(...periods) : undefined
  }

  /** The next snapshot: until when it is kept, and whether it may be a full backup. */
  take(created: number): { readonly until: number; readonly leads: boolean } {
    let until = created
    let leads = this.#gate === undefined
    const fresh: string[] = []
    for (const { period, ttl } of this.#rules) {
      const block = `${String(period)} ${String(Math.trunc(created / period))}`
      if (this.#taken.has(block)) continue
      fresh.push(block)
      until = Math.max(until, created + ttl)
      if (period === this.#gate) leads = true
    }
    for (const block of fresh) this.#taken.add(block)
    return { until, leads }
  }
}
