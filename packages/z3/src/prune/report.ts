import {
  formatSnapshotName,
  humanSize,
  type PruneEntry,
  type PruneReason,
  type StoredSnapshot,
  type Z3Error,
} from '@z3/core'
import { renderTable } from '../status/render-table.js'
import type { Outcome, Pruned } from '@z3/backup'

/** Every object and what becomes of it, the oldest first. */
export function pruneTable(pruned: Pruned): string {
  return renderTable(
    ['NAME', 'ACTION', 'RULE', 'SIZE', 'EARLY'],
    inOrder(pruned).map((entry) => [
      formatSnapshotName(entry.object),
      entry.reasons.length > 0 || obstacleOf(entry, pruned) ? 'keep' : 'delete',
      entry.reasons.map(reasonText).join(', ') || (obstacleOf(entry, pruned) ?? '-'),
      entry.object.bytes === undefined ? '-' : humanSize(entry.object.bytes),
      entry.reasons.length === 0 && entry.early
        ? `${String(entry.early.days)} d of ${entry.early.storageClass}`
        : '',
    ]),
  )
}

/** What a dry run has found to prevent a deletion, in a few words. */
function obstacleOf(entry: PruneEntry, { outcomes }: Pruned): string | undefined {
  const outcome = outcomes.get(entry)
  switch (outcome?.result) {
    case 'locked':
      return lockText(outcome)
    case 'needed':
      return 'parent of a kept object'
    case 'changed':
    case 'failed':
      return outcome.problem.message
    case 'gone':
      return 'already deleted'
    case 'planned':
    case 'deleted':
    case undefined:
      return undefined
  }
}

/** Until when an object is locked. */
function lockText({ until, hasHold }: Extract<Outcome, { result: 'locked' }>): string {
  const parts = [
    ...(until ? [`locked until ${until.toISOString()}`] : []),
    ...(hasHold ? ['a legal hold'] : []),
  ]
  return parts.join(', ') || 'locked until an unknown date'
}

/** What keeps an object, in a few words. */
export function reasonText(reason: PruneReason): string {
  switch (reason.kind) {
    case 'rule':
      return reason.rule.text
    case 'last':
      return 'last'
    case 'newest':
      return 'newest'
    case 'future':
      return 'taken in the future'
    case 'wanted':
      return 'wanted'
    case 'parent':
      return `parent of ${nameOf(reason.of)}`
    case 'name':
      return 'other prefix'
    case 'not understood':
      return reason.why
    case 'minimum':
      return 'minimum of its storage class'
  }
}

/** What the run says of one object. */
export function outcomeLine({ object }: PruneEntry, outcome: Outcome): string {
  const name = formatSnapshotName(object)
  const size = object.bytes === undefined ? '' : ` (${humanSize(object.bytes)})`
  switch (outcome.result) {
    case 'planned':
      return `to delete ${name}${size}`
    case 'deleted':
      return `${outcome.isHidden ? 'hidden' : 'deleted'} ${name}${size}`
    case 'gone':
      return `${name} was deleted by another run`
    case 'locked':
      if (outcome.refusal)
        return `${name} is kept: ${outcome.refusal.message}; ${lockText(outcome)}`
      return outcome.until === undefined
        ? `${name} is kept: it has a legal hold`
        : `${name} is kept: it is ${lockText(outcome)}`
    case 'changed':
    case 'failed':
      return `${name} is kept: ${outcome.problem.message}`
    case 'needed':
      return `${name} is kept: an object that builds on it was not deleted`
  }
}

/** One line for people: what stays, what goes, and what that costs. */
export function pruneTotals(pruned: Pruned, dryRun: boolean): string {
  const gone = goneOf(pruned, dryRun)
  const hidden = [...pruned.outcomes.values()].filter(
    (one) => one.result === 'deleted' && one.isHidden,
  )
  const locked = [...pruned.outcomes.values()].filter(({ result }) => result === 'locked')
  const deleted = `${String(gone.length)} of ${String(inOrder(pruned).length)} objects ${dryRun ? 'to delete' : 'deleted'}, ${humanSize(sum(gone))}`
  const notes = [
    ...(locked.length > 0 ? [`${String(locked.length)} locked`] : []),
    ...(hidden.length > 0
      ? [`${String(hidden.length)} of them hidden by a delete marker, versions stay in the bucket`]
      : []),
  ]
  const start = [`${pruned.dataset}: ${deleted}`, ...notes].join('; ')
  const early = gone.flatMap((entry) => entry.early ?? [])
  if (early.length === 0) return start
  const gibDays = early.reduce((total, { byteDays = 0 }) => total + byteDays, 0) / 1024 ** 3
  return `${start}; ${String(early.length)} earlier than their storage class is paid for (${gibDays.toFixed(2)} GiB-days)`
}

/** The exit status of a dataset: 0 where everything that was to be deleted is, or is locked. */
export function pruneStatus({ problem, outcomes }: Pruned): number {
  if (problem) return problem.exitStatus
  const failed = [...outcomes.values()].find(({ result }) => result === 'failed')
  return failed?.result === 'failed' ? failed.problem.exitStatus : 0
}

/** For `--json`. */
export function pruneJson(pruned: Pruned, dryRun: boolean): object {
  const { dataset, outcomes, foreign, leftOver, problem } = pruned
  return {
    dataset,
    status: pruneStatus(pruned) === 0 ? 'success' : 'error',
    ...(problem && errorJson(problem)),
    deleted_bytes: sum(goneOf(pruned, dryRun)),
    keep: pruned.keep.map((entry) => ({
      ...objectJson(entry.object),
      reasons: entry.reasons.map(reasonText),
    })),
    delete: pruned.delete.map((entry) => {
      const outcome = outcomes.get(entry)
      return {
        ...objectJson(entry.object),
        storage_class: entry.object.storageClass,
        minimum_days_left: entry.early?.days ?? 0,
        early_byte_days: entry.early ? entry.early.byteDays : 0,
        result: outcome?.result ?? (dryRun ? 'planned' : 'left'),
        ...(outcome?.result === 'deleted' && { hidden: outcome.isHidden }),
        ...(outcome?.result === 'locked' && {
          locked_until: outcome.until?.toISOString(),
          legal_hold: outcome.hasHold,
          reason: outcome.refusal?.message,
        }),
        ...(outcome && 'problem' in outcome && { reason: outcome.problem.message }),
      }
    }),
    foreign,
    left_over_manifests: leftOver,
  }
}

/** Of an error, beside the dataset. */
export function errorJson({ code, message, hint }: Z3Error): object {
  return { code, message, hint }
}

function objectJson({ key, bytes, created, ...name }: StoredSnapshot): object {
  const time = created === undefined ? undefined : new Date(created * 1000).toISOString()
  return { name: formatSnapshotName(name), key, bytes, created: time }
}

function goneOf(pruned: Pruned, dryRun: boolean): readonly PruneEntry[] {
  const wanted = dryRun ? 'planned' : 'deleted'
  return pruned.delete.filter((entry) => pruned.outcomes.get(entry)?.result === wanted)
}

function inOrder(pruned: Pruned): readonly PruneEntry[] {
  return [...pruned.keep, ...pruned.delete].sort((a, b) => a.place - b.place)
}

function nameOf(full: string): string {
  return full.slice(full.indexOf('@'))
}

function sum(entries: readonly PruneEntry[]): number {
  return entries.reduce((total, { object }) => total + (object.bytes ?? 0), 0)
}
