import {
  parseSchedule,
  planReplication,
  type PartialReceive,
  type ReplicaSnapshot,
  type ReplicationPlan,
  type ReplicationRequest,
} from '../src/index.js'
import { destination, source, THERE } from './sync-notation.js'

/** What differs from a plain run; schedules as text. */
export interface ReplicationOptions extends Partial<
  Omit<
    ReplicationRequest<ReplicaSnapshot>,
    'source' | 'bookmarks' | 'target' | 'sourceSchedule' | 'targetSchedule'
  >
> {
  readonly keepSource?: string
  readonly keepTarget?: string
}

/**
 * A request: a source as in the notation of syncs (`@d1 #d2 @d3`), and a target
 * (`@d1 @x! @d2`, where `!` says that something was written before it; `none`:
 * no dataset). Ours are `d` and a number, which is the time.
 */
export function request(
  here: string,
  there: string,
  { keepSource, keepTarget, ...options }: ReplicationOptions = {},
): ReplicationRequest<ReplicaSnapshot> {
  const { snapshots, bookmarks } = source(here)
  const words = there.split(' ')
  const target = destination(there.replaceAll('!', '')).snapshots
  return {
    source: snapshots.map((one) => ({ ...one, written: 1 })),
    bookmarks,
    target: target?.map((one, i) => ({
      ...one,
      written: words[i]?.endsWith('!') ? 1 : 0,
    })),
    targetName: THERE,
    partial: undefined,
    isOurs: (name) => /^d\d+$/.test(name),
    sourceSchedule: keepSource === undefined ? undefined : parseSchedule(keepSource),
    targetSchedule: keepTarget === undefined ? undefined : parseSchedule(keepTarget),
    now: 1000,
    versions: 'managed',
    exclude: [],
    raw: false,
    onLoss: 'refuse',
    trustNames: false,
    isNeeded: () => false,
    ...options,
  }
}

/** What an interrupted receive has saved: `@d1-i@d2`, `=@d2`, in the guids of the names. */
export function partial(text: string, raw = false): PartialReceive {
  const [from = '', to = ''] = text.split(/-i|(?==)=/)
  const guid = (name: string): string => source(name).snapshots[0]?.guid ?? ''
  return {
    toGuid: guid(to),
    fromGuid: from === '' ? undefined : guid(from),
    raw,
  }
}

/**
 * A plan: `resume` or `drop`, what goes first at the target since it stands in
 * the way (`!@x`), what the thinner lets go at the source (`<@d1`) and at the
 * target (`>@d1`), then the streams, `=@d1` or `@d1-i@d2`, each with what goes
 * after it in brackets.
 */
export function showPlan(plan: ReplicationPlan<ReplicaSnapshot>): string {
  const gone = (mark: string, snapshots: readonly ReplicaSnapshot[]): readonly string[] =>
    snapshots.map(({ snapshot }) => `${mark}@${snapshot}`)
  const steps = plan.steps.map(({ base, snapshot, destroySource, destroyTarget }) => {
    const from =
      base === undefined ? '=' : 'snapshot' in base ? `@${base.snapshot}-i` : `#${base.bookmark}-i`
    const after = [...gone('<', destroySource), ...gone('>', destroyTarget)]
    return `${from}@${snapshot.snapshot}${after.length > 0 ? `[${after.join(' ')}]` : ''}`
  })
  return [
    ...(plan.partial === undefined ? [] : [plan.partial === 'resume' ? 'resume' : 'drop']),
    ...gone('!', plan.incompatible),
    ...gone('<', plan.destroySource),
    ...gone('>', plan.destroyTarget),
    ...steps,
  ].join(' ')
}

/** The plan of a request in the notation. */
export function replicate(here: string, there: string, options?: ReplicationOptions): string {
  return showPlan(planReplication(request(here, there, options)))
}
