import { Z3Error, type Command } from '@z3/core'
import { getProperties, ifThere, listBelow, parentOf, renameDataset, type Run } from '@z3/zfs'

/**
 * Where a dataset is received that will take the place of another. Always the
 * same name, so that a restore that broke off goes on.
 */
export function besideName(dataset: string): string {
  return `${dataset}.z3-restore`
}

/** The name under which the old dataset is kept. */
export function keptName(dataset: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${dataset}.z3-replaced-${stamp}`
}

/** What `swapIn` does, to be shown. */
export function swapCommands(dataset: string, kept: string): readonly Command[] {
  const rename = (from: string, to: string) => ({
    file: 'zfs',
    args: ['rename', from, to],
  })
  return [rename(dataset, kept), rename(besideName(dataset), dataset)]
}

/**
 * Put what was received beside a dataset in its place. The old one is kept
 * under a name of its own: nothing is destroyed. When the new one cannot take
 * the name, the old one gets it back.
 *
 * @param zfs one that no signal ends: halfway there is nothing of that name.
 *   Ctrl-C at a terminal reaches it all the same
 * @param signal looked at when it has failed, and the old one is in its place
 * @throws Z3Error of zfs
 */
export async function swapIn(
  zfs: Run,
  dataset: string,
  kept: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const notes: string[] = []
  try {
    notes.push(...(await renameDataset(zfs, dataset, kept)))
    notes.push(...(await renameDataset(zfs, besideName(dataset), dataset)))
  } catch (error) {
    await putBack(zfs, dataset, kept)
    signal.throwIfAborted()
    throw error
  }
  for (const note of notes) say(note)
  say(`what was ${dataset} is kept as ${kept}: destroy it once it is not needed`)
}

/**
 * Tell where the old dataset stays mounted: one with a mount point of its own
 * keeps it, and programs go on with the old data there.
 *
 * @param mountpoint where it was mounted before
 */
export async function reportKeptMount(
  zfs: Run,
  dataset: string,
  kept: string,
  mountpoint: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const { mounted, mountpoint: now } = await getProperties(zfs, kept, ['mounted', 'mountpoint'])
  if (mounted !== 'yes' || now !== mountpoint) return
  say(
    `${kept}, the old data, stays mounted at ${String(mountpoint)}; to have ${dataset} there: zfs set mountpoint=none ${kept}, then zfs set mountpoint=${String(mountpoint)} ${dataset}`,
  )
}

/** Whatever was renamed: a zfs that was killed does not tell what it has done. */
async function putBack(zfs: Run, dataset: string, kept: string): Promise<void> {
  try {
    const isThere = (name: string) => ifThere(getProperties(zfs, name, ['type']))
    if ((await isThere(dataset)) || !(await isThere(kept))) return
    await renameDataset(zfs, kept, dataset)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Z3Error(
      'zfs-failed',
      `${dataset} is called ${kept} now, and cannot get its name back: ${why}`,
      {
        hint: `What was restored is ${besideName(dataset)}; rename one of them to ${dataset}.`,
        cause,
      },
    )
  }
}

/**
 * Check that a dataset can be put aside.
 *
 * @throws Z3Error `dataset-exists`
 */
export async function checkReplaceable(zfs: Run, dataset: string): Promise<void> {
  const hint = 'Restore beside it with --into, and move what is needed.'
  if (parentOf(dataset) === undefined) {
    throw new Z3Error(
      'dataset-exists',
      `${dataset} is the root of its pool and cannot be put aside`,
      { hint },
    )
  }
  const [child] = await listBelow(zfs, dataset, 1)
  if (child !== undefined) {
    throw new Z3Error(
      'dataset-exists',
      `${dataset} has children, as ${child}, and cannot be put aside`,
      { hint },
    )
  }
}
