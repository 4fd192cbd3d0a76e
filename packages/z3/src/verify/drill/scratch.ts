import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkDatasetName, parseSnapshotName, Z3Error } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { getProperties, ifThere, parentOf, snapshotGuid, type Run } from '@z3/zfs'

/**
 * User property of a dataset that a drill has made: a word that only this drill
 * knows. `zfs receive` sets it before it writes any data.
 */
const MARK = 'z3:drill'

/** The dataset that a drill restores into, and destroys. */
export interface Scratch {
  readonly name: string
  /** Value of the user property that proves that the dataset is ours. */
  readonly mark: string
}

/**
 * Check that a dataset can be made by a drill: its parent exists, it does not.
 *
 * @throws Z3Error `usage`, `invalid-name`, and those of zfs
 */
export async function checkScratch(zfs: Run, name: string): Promise<Scratch> {
  checkDatasetName(name)
  const parent = parentOf(name)
  if (parent === undefined) {
    throw new Z3Error('usage', `--drill: '${name}' is a pool, not a dataset in it`, {
      hint: `Name a dataset that does not exist, as ${name}/drill.`,
    })
  }
  if (!(await ifThere(getProperties(zfs, parent, ['type'])))) {
    throw new Z3Error('usage', `--drill: there is no dataset ${parent} to restore into`, {
      hint: 'Name a dataset that does not exist, in a pool or dataset that does.',
    })
  }
  const there = await ifThere(getProperties(zfs, name, [MARK]))
  if (!there) return { name, mark: randomBytes(16).toString('hex') }
  const hint =
    there[MARK] === undefined
      ? 'Name a dataset that does not exist.'
      : `A drill that was killed has left it; destroy it with: ${destroyLine(name)}`
  throw new Z3Error('usage', `--drill: the dataset ${name} exists`, { hint })
}

/**
 * The words for `zfs receive`. Nothing of it is mounted: -u is always among
 * them, and canmount is set by `hideScratch`, since volumes do not have it.
 */
export function scratchOptions({ mark }: Scratch): readonly string[] {
  return ['-o', `${MARK}=${mark}`, '-o', 'readonly=on']
}

/** Let no `zfs mount -a` mount what was received. */
export async function hideScratch(zfs: Run, { name }: Scratch): Promise<void> {
  const { type } = await getProperties(zfs, name, ['type'])
  if (type === 'filesystem') await zfs(['set', 'canmount=off', name])
}

/**
 * Destroy what a drill has made, and nothing else: the snapshots that it has
 * received, by name and guid, then the dataset without -r, which zfs refuses
 * while anything else is in it.
 *
 * @param zfs one that no signal ends
 * @param received guid of each received snapshot, by its full name
 * @throws Z3Error `zfs-failed`, which says how to destroy what is left
 */
export async function destroyScratch(
  zfs: Run,
  { name, mark }: Scratch,
  received: ReadonlyMap<string, string>,
): Promise<void> {
  try {
    const there = await ifThere(getProperties(zfs, name, [MARK]))
    // another dataset of that name is not ours, nor is one that never was made
    if (there?.[MARK] !== mark) return
    for (const [snapshot, guid] of received) {
      // undefined where the last one has not arrived
      const found = await snapshotGuid(zfs, parseSnapshotName(snapshot))
      if (found === guid) await destroy(zfs, snapshot)
    }
    await destroy(zfs, name)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Z3Error('zfs-failed', `the drill cannot destroy ${name}, which it has made: ${why}`, {
      hint: `If nothing else is in it: ${destroyLine(name)}`,
      cause,
    })
  }
}

/** How long to wait before each further try, milliseconds. */
const PAUSES = [100, 200, 400, 800, 1600, 3200, 6400]

/**
 * udev opens each new volume for a moment. A receive that was killed takes a
 * while to go, and its clone of the last snapshot with it: zfs has several words
 * for that.
 */
async function destroy(zfs: Run, name: string): Promise<void> {
  for (const pause of PAUSES) {
    try {
      await zfs(['destroy', name])
      return
    } catch (error) {
      if (!(error instanceof Z3Error) || error.code === 'not-permitted') throw error
    }
    await sleep(pause)
  }
  await zfs(['destroy', name])
}

function destroyLine(name: string): string {
  return renderCommand({ file: 'zfs', args: ['destroy', '-r', name] })
}
