import { formatSnapshotName, parseSnapshotName, type SnapshotName } from '@z3/core'
import { askDatasets } from './ask-datasets.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { stderrOf } from './zfs-error.js'

/**
 * Hold a snapshot, so that nobody can destroy it; nothing is done when it is
 * held by that tag already.
 *
 * @throws Z3Error `no-such-snapshot`, `not-permitted`, `zfs-failed`
 */
export async function hold(run: Run, tag: string, snapshot: SnapshotName): Promise<void> {
  try {
    await run(['hold', tag, formatSnapshotName(snapshot)])
  } catch (error) {
    if (!/: tag already exists on this dataset$/m.test(said(error))) throw error
  }
}

/**
 * End a hold; nothing is done when there is none by that tag.
 *
 * @throws Z3Error `no-such-snapshot`, `not-permitted`, `zfs-failed`
 */
export async function release(run: Run, tag: string, snapshot: SnapshotName): Promise<void> {
  try {
    await run(['release', tag, formatSnapshotName(snapshot)])
  } catch (error) {
    if (!/: no such tag on this dataset$/m.test(said(error))) throw error
  }
}

/** A snapshot, and what holds it. */
export interface Hold {
  readonly snapshot: SnapshotName
  readonly tag: string
}

/**
 * What holds these snapshots. Snapshots that do not exist (any more) are left
 * out: a dataset changes while it is looked at, and zfs fails for all when it
 * fails for one.
 *
 * @throws Z3Error `zfs-failed`
 */
export async function listHolds(
  run: Run,
  snapshots: readonly SnapshotName[],
): Promise<readonly Hold[]> {
  const held: Hold[] = []
  for (let at = 0; at < snapshots.length; at += MOST) {
    const names = snapshots.slice(at, at + MOST).map(formatSnapshotName)
    held.push(
      ...(await askDatasets(names, async (some) =>
        lines(await run(['holds', '-H', ...some])).map(parse),
      )),
    )
  }
  return held
}

/** Names in one command: 255 characters each, and 128 KiB of them at most. */
const MOST = 400

function parse(line: string): Hold {
  const [name = '', tag = ''] = columns(line, 3)
  try {
    return { snapshot: parseSnapshotName(name), tag }
  } catch (cause) {
    throw unexpected(line, cause)
  }
}

function said(error: unknown): string {
  return stderrOf(error) ?? ''
}
