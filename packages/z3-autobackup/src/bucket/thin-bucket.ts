import { prune, type Context, type Outcome as Deletion } from '@z3/backup'
import {
  DEFAULT_MAX_PERCENT,
  parseSchedule,
  Z3Error,
  type ErrorCode,
  type PruneEntry,
  type Schedule,
} from '@z3/core'
import type { Outcome } from '@z3/replicate'
import type { AutobackupOptions } from '../options/options.js'
import type { World } from '../world.js'

/**
 * The schedule by which a bucket is thinned: --keep-target, or else RETENTION of z3's
 * configuration, or else the default.
 *
 * @returns undefined: nothing is thinned
 * @throws Z3Error `config`
 */
export function bucketSchedule(
  { settings }: Context['config'],
  { keepTarget, isKeepTargetGiven }: AutobackupOptions,
): Schedule | undefined {
  const { RETENTION: text } = settings
  if (!keepTarget || isKeepTargetGiven || text === undefined) return keepTarget
  return parseSchedule(text, 'RETENTION')
}

/** A dataset whose backups in a bucket are thinned. */
export interface ThinRequest {
  readonly context: Context
  /** How messages begin: `[Target]`. */
  readonly label: string
  readonly world: World
  /** Gets what is deleted, and why something could not be. */
  readonly outcome: Outcome
  readonly signal: AbortSignal
}

/**
 * Delete the objects of this backup that the schedule does not keep, as z3 prune does. A failure
 * is logged, and does not keep the run from continuing: the backup itself is stored.
 *
 * @throws Z3Error with --debug; what is no Z3Error; the signal's reason
 */
export async function thinBucket(request: ThinRequest): Promise<void> {
  const { context, world, signal } = request
  const { place, env, config } = context
  const { options, log, stopsAtFirst } = world
  const schedule = bucketSchedule(config, options)
  if (!schedule) return
  const failures: Z3Error[] = []
  try {
    const { problem } = await prune(place, {
      ...{ schedule, prefix: '', only: options.names.isOurs },
      ...{ respectMinimum: options.respectMinimum, unlocked: options.unlocked },
      ...{ maxPercent: DEFAULT_MAX_PERCENT, force: false, dryRun: options.test, versions: false },
      ...{ env, signal, now: Date.now, tell: context.tell },
      onDone: (entry, deletion) => {
        if (deletion.result === 'failed') failures.push(explain(deletion.problem, place.dataset))
        else logDeletion(entry, deletion, request)
      },
    })
    if (problem) failures.push(explain(problem, place.dataset))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    // before the first backup; after an upload, a bucket without any object is in doubt
    const isEmpty = error.code === 'no-such-dataset' && (options.test || !options.send)
    if (!isEmpty) failures.push(error)
  }
  const [first, ...others] = failures
  if (!first) return
  if (stopsAtFirst) throw first
  log.error(`${request.label} ${place.dataset}: not thinned: ${first.message}`, first.hint)
  if (others.length > 0) log.error(`${String(others.length)} more objects could not be deleted`)
  request.outcome.errors.push(...failures)
}

function logDeletion(
  { object: { key } }: PruneEntry,
  deletion: Deletion,
  { label, world: { log, options }, outcome }: ThinRequest,
): void {
  if (deletion.result === 'deleted' || deletion.result === 'planned') {
    log.verbose(`${label} ${key}: Destroying`)
    if (!options.test) outcome.destroyed.push(key)
  } else if (deletion.result === 'locked') {
    const { until, hasHold } = deletion
    const why = until ? `locked until ${until.toISOString()}` : hasHold ? 'legal hold' : 'locked'
    log.verbose(`${label} ${key}: Keeping (${why})`)
  }
}

/** Guards that z3 prune overrides, which has a --force of its own. */
const GUARDS: readonly ErrorCode[] = ['clock-skew', 'too-many-deletions']

/** A hint that helps a user of z3-autobackup. */
function explain(error: Z3Error, dataset: string): Z3Error {
  const { code, message, cause } = error
  if (GUARDS.includes(code)) {
    const hint = `Check the clocks and 'z3 prune --dry-run ${dataset}'; if it is right, add --force there.`
    return new Z3Error(code, message, { hint, cause })
  }
  if (code === 'access-denied') {
    const hint =
      'Allow s3:DeleteObject, or add --no-thinning if another host runs z3 prune for this bucket.'
    return new Z3Error(code, message, { hint, cause })
  }
  return error
}
