import type { LocalSnapshot, SyncPlan, SyncRequest } from '../src/index.js'
import { formatSnapshotName } from '../src/index.js'

/** A destination as `zfs receive` of OpenZFS 2.x sees it. */
export interface Model {
  /** Undefined: there is no dataset. */
  snapshots: { name: string; guid: string }[] | undefined
  modified: boolean
}

/** zfs would say no. */
export class Refused extends Error {}

export function modelOf({ snapshots, modified }: SyncRequest['destination']): Model {
  return {
    snapshots: snapshots?.map((snapshot) => ({
      name: formatSnapshotName(snapshot),
      guid: snapshot.guid,
    })),
    modified,
  }
}

/** Do what a plan says. @throws Refused */
export function apply(
  { source, destination }: SyncRequest,
  { steps, rollbackTo, rollbackFirst }: SyncPlan,
  model: Model,
): void {
  if (rollbackFirst) rollBack(model, rollbackTo?.guid)
  for (const { base, snapshot: target, between, name, force } of steps) {
    if (!base) {
      receive(model, undefined, name, target.guid, force)
      continue
    }
    const from = sentFrom(source, base)
    let previous = from
    for (const { snapshot, guid } of between ? snapshotsBetween(source, base, target) : []) {
      const under = `${destination.dataset}@${snapshot}`
      receive(model, previous, under, guid, force)
      previous = guid
    }
    receive(model, previous, name, target.guid, force)
  }
}

type Base = Exclude<SyncPlan['steps'][number]['base'], undefined>

function sentFrom({ dataset, ...source }: SyncRequest['source'], base: Base) {
  const name = 'snapshot' in base ? `${dataset}@${base.snapshot}` : `${dataset}#${base.bookmark}`
  const all =
    'snapshot' in base
      ? source.snapshots.map((s) => [`${dataset}@${s.snapshot}`, s.guid])
      : source.bookmarks.map((b) => [`${dataset}#${b.bookmark}`, b.guid])
  const found = all.find(([one]) => one === name)
  if (found?.[1] !== base.guid) throw new Refused(`no base ${name}`)
  return base.guid
}

function snapshotsBetween(
  { snapshots }: SyncRequest['source'],
  base: Base,
  target: LocalSnapshot,
): readonly LocalSnapshot[] {
  if ('bookmark' in base) throw new Refused('-I from a bookmark')
  const from = snapshots.findIndex(({ guid }) => guid === base.guid)
  return snapshots.slice(from + 1, snapshots.indexOf(target))
}

/** One stream. What is in the way is given up when it has arrived. */
export function receive(
  model: Model,
  from: string | undefined,
  name: string,
  guid: string,
  force: boolean,
): void {
  const { snapshots } = model
  if (from === undefined) {
    const free = snapshots === undefined || (snapshots.length === 0 && force)
    if (!free) throw new Refused('full upon what is there')
    model.snapshots = [{ name, guid }]
    model.modified = false
    return
  }
  if (!snapshots) throw new Refused('increment to nothing')
  if (snapshots.some((s) => s.name === name)) throw new Refused('name is taken')
  const at = snapshots.findIndex((s) => s.guid === from)
  if (at < 0) throw new Refused('does not match incremental source')
  if (!force && (model.modified || at < snapshots.length - 1)) {
    throw new Refused('has been modified')
  }
  rollBack(model, from)
  model.snapshots?.push({ name, guid })
}

function rollBack(model: Model, guid: string | undefined): void {
  const at = model.snapshots?.findIndex((s) => s.guid === guid) ?? -1
  if (at < 0) throw new Refused('rollback to nothing')
  model.snapshots?.splice(at + 1)
  model.modified = false
}
