import {
  Z3Error,
  parseSnapshotName,
  type ErrorCode,
  type RestorePlan,
  type LocalSnapshot,
  type RestoreStep,
  type Command,
} from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { getProperties, ifThere, listBelow, parentOf, renameDataset, type Run } from '@z3/zfs'
import { checkNothingSaved, type Destination } from './destination.js'

/** What is said of a dataset that is not what we have left there. */
const IN_THE_WAY: readonly ErrorCode[] = [
  'dataset-exists',
  'destination-modified',
  'snapshot-conflict',
]

/**
 * Plan to receive beside the dataset that will be replaced. A restore that
 * broke off goes on; whatever else has that name is in the way, since nobody
 * has agreed to lose it, and what is newer than the target would take the place
 * of the dataset with it.
 *
 * @param plan without force
 * @param target the last snapshot to receive: what follows its `@`
 * @throws Z3Error `dataset-exists`, and what `plan` throws
 */
export function planBeside(
  beside: Destination,
  target: string,
  plan: (destination: Destination) => RestorePlan,
): RestorePlan {
  checkNothingSaved(beside)
  try {
    const planned = plan(beside)
    const newest = beside.snapshots?.at(-1)?.snapshot
    if (planned.steps.length > 0 || newest === target) return planned
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (!IN_THE_WAY.includes(error.code)) throw error
    throw inTheWay(beside.name, error)
  }
  throw inTheWay(beside.name)
}

function inTheWay(name: string, cause?: unknown): Z3Error {
  const destroy = renderCommand({ file: 'zfs', args: ['destroy', '-r', name] })
  return new Z3Error(
    'dataset-exists',
    `${name} is in the way, and is not what this restore would have left there`,
    { hint: `Look at what is in it; if it is not needed: ${destroy}`, cause },
  )
}

/** ZFS_MAX_DATASET_NAME_LEN is 256, with the final NUL. */
const MAX_NAME = 255
/** recv_clone_name: where zfs receives what changes a dataset that is there. */
const RECEIVING = '/%recv'

/** What a restore will make. */
interface RestoreNames {
  /** The dataset to receive into. */
  readonly into: string
  /** Its snapshots, where it is there. */
  readonly local: readonly LocalSnapshot[] | undefined
  readonly steps: readonly RestoreStep[]
  /** The name that the dataset which is replaced is kept under. */
  readonly kept: string | undefined
}

/**
 * Check the length of all names that a restore makes, temporary ones included,
 * before the first byte: the last of them are made when everything has been
 * received.
 *
 * @throws Z3Error `invalid-name`
 */
export function checkRestoreNames(names: RestoreNames): void {
  const { into, kept } = names
  const longest = allNames(names).reduce((one, other) => (other.length > one.length ? other : one))
  if (longest.length <= MAX_NAME) return
  throw new Z3Error(
    'invalid-name',
    `the name of ${into} is too long to ${kept === undefined ? 'restore into it' : 'replace it'}: '${longest}' would have ${String(longest.length)} characters, and ZFS allows ${String(MAX_NAME)}`,
    { hint: 'Restore into a dataset with a shorter name with --into.' },
  )
}

function allNames({ into, local, steps, kept }: RestoreNames): readonly string[] {
  const dataset = kept === undefined ? into : besideName(into)
  // a full stream makes the dataset itself
  const changes = steps.length > 1 || (local !== undefined && kept === undefined)
  return [
    dataset,
    ...(changes && steps.length > 0 ? [`${dataset}${RECEIVING}`] : []),
    ...steps.map(({ name }) => `${dataset}@${parseSnapshotName(name).snapshot}`),
    ...(kept === undefined
      ? []
      : [kept, ...(local ?? []).map(({ snapshot }) => `${kept}@${snapshot}`)]),
  ]
}

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
  const hint = 'Restore into another dataset with --into, and move the data.'
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
