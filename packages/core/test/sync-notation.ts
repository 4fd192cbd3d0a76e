import {
  planSync,
  type Bookmark,
  type LocalSnapshot,
  type SyncPlan,
  type SyncRequest,
} from '../src/index.js'
import { DATASET, local, txgOf, words } from './notation.js'

/** The destination's. */
export const THERE = 'pool/b'

/**
 * A source, the oldest first: `@a #b @c`, where `#b` is a bookmark of what was
 * `@b`. `@b%7` and `#b%7` with a guid. A bookmark of a snapshot that is there
 * may stand anywhere: it has the transaction group of that; so it is with a
 * second bookmark.
 */
export function source(text: string): SyncRequest['source'] {
  const all = words(text)
  const made = local(all.map(asSnapshot).join(' '))
  const placed = made.map((snapshot, i) => ({ snapshot, word: all[i] ?? '' }))
  const snapshots = placed
    .filter(({ word }) => word.startsWith('@'))
    .map(({ snapshot }) => snapshot)
  const byGuid = new Map([...made.toReversed(), ...snapshots].map((s) => [s.guid, s]))
  const bookmarks = placed
    .filter(({ word }) => word.startsWith('#'))
    .map(({ snapshot: { snapshot, guid, ...rest } }): Bookmark => {
      const { createtxg, created } = byGuid.get(guid) ?? rest
      return { dataset: DATASET, bookmark: snapshot, guid, created, createtxg }
    })
  return { dataset: DATASET, snapshots, bookmarks }
}

/**
 * A destination, the oldest first: `@a @b%7!`, with `!` at its end when it was
 * written to since; `none`: no such dataset; empty: no snapshots.
 */
export function destination(text: string): SyncRequest['destination'] {
  const modified = text.endsWith('!')
  const all = words(modified ? text.slice(0, -1) : text)
  return {
    dataset: THERE,
    modified,
    snapshots:
      text === 'none'
        ? undefined
        : local(all.map(asSnapshot).join(' '), THERE).map((s, i) => ({
            ...s,
            // of another pool
            createtxg: txgOf(i + 1000),
          })),
  }
}

function asSnapshot(word: string): string {
  if (!/^[@#][^@#%]+(%\d+)?$/.test(word)) {
    throw new Error(`not in the notation: ${word}`)
  }
  return word.replace('#', '@').replace('%', '#')
}

/** Of a prefix that matches all, unless `options` says otherwise. */
export function sync(here: string, there: string, options: Partial<SyncRequest> = {}): SyncPlan {
  return planSync({
    source: source(here),
    destination: destination(there),
    prefix: '',
    upTo: undefined,
    first: 'newest',
    versions: 'all',
    onLoss: 'refuse',
    stream: 'between',
    ...options,
  })
}

/**
 * A plan: `=@a` in full, `@a-i@b`, `#a-i@b`, `@a-I@c`, each with `!` for force;
 * `ok` when it is up to date. Before them what it rolls back: `(@x @y to @a)`,
 * `(first: …)` when that must come first.
 */
export function showSync(plan: SyncPlan): string {
  const { steps, rollback, rollbackTo, rollbackFirst, upToDate } = plan
  const nameOf = (base: NonNullable<(typeof steps)[number]['base']>): string =>
    'snapshot' in base ? `@${base.snapshot}` : `#${base.bookmark}`
  const shown = steps.map(({ base, snapshot: { snapshot }, between, force }) =>
    [base ? `${nameOf(base)}-${between ? 'I' : 'i'}` : '=', `@${snapshot}`, force ? '!' : ''].join(
      '',
    ),
  )
  const lost = rollback.map(({ snapshot }: LocalSnapshot) => `@${snapshot} `)
  const back = rollbackTo
    ? `(${rollbackFirst ? 'first: ' : ''}${lost.join('')}to @${rollbackTo.snapshot}) `
    : ''
  return back + (shown.join(' ') || (upToDate ? 'ok' : '-'))
}
