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

/** Errors for a dataset that this restore did not create. */
const IN_THE_WAY: readonly ErrorCode[] = [
  'dataset-exists',
  'destination-modified',
  'snapshot-conflict',
]

/**
 * Plan to receive into a temporary dataset that will replace the original one. An interrupted
 * restore is continued. Any other dataset with that name is an error, since nobody has agreed to
 * lose it, and snapshots newer than the target would become part of the restored dataset.
 *
 * @param plan without force
 * @param target name (after the `@`) of the last snapshot to receive
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
    `${name} already exists, and is not from an interrupted restore of this snapshot`,
    { hint: `Check its content; if you do not need it, run: ${destroy}`, cause },
  )
}

/** ZFS_MAX_DATASET_NAME_LEN is 256, with the final NUL. */
const MAX_NAME = 255
/** recv_clone_name: where zfs receives into an existing dataset. */
const RECEIVING = '/%recv'

/** The names that a restore creates. */
interface RestoreNames {
  /** The dataset to receive into. */
  readonly into: string
  /** Its snapshots, if it exists. */
  readonly local: readonly LocalSnapshot[] | undefined
  readonly steps: readonly RestoreStep[]
  /** The name under which the replaced dataset is kept. */
  readonly kept: string | undefined
}

/**
 * Check the length of all names that a restore creates, including temporary ones, before it begins:
 * the last ones are created only after everything has been received.
 *
 * @throws Z3Error `invalid-name`
 */
export function checkRestoreNames(names: RestoreNames): void {
  const { into, kept } = names
  const longest = allNames(names).reduce((one, other) => (other.length > one.length ? other : one))
  if (longest.length <= MAX_NAME) return
  throw new Z3Error(
    'invalid-name',
    `the name of ${into} is too long to ${kept === undefined ? 'restore into it' : 'replace it'}: '${longest}' would have ${String(longest.length)} characters, but ZFS allows ${String(MAX_NAME)}`,
    { hint: 'Restore into a dataset with a shorter name (--into).' },
  )
}

function allNames({ into, local, steps, kept }: RestoreNames): readonly string[] {
  const dataset = kept === undefined ? into : besideName(into)
  // a full stream creates the dataset itself
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
 * The temporary dataset for a restore that replaces another. Always the same name, so that an
 * interrupted restore can continue.
 */
export function besideName(dataset: string): string {
  return `${dataset}.z3-restore`
}

/** The name under which the old dataset is kept. */
export function keptName(dataset: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${dataset}.z3-replaced-${stamp}`
}

/** The commands of `swapIn`, to be shown. */
export function swapCommands(dataset: string, kept: string): readonly Command[] {
  const rename = (from: string, to: string) => ({
    file: 'zfs',
    args: ['rename', from, to],
  })
  return [rename(dataset, kept), rename(besideName(dataset), dataset)]
}

/**
 * Replace a dataset by the one received beside it. The old one is kept under another name: nothing
 * is destroyed. If the new one cannot be renamed, the old one gets its name back.
 *
 * @param zfs that no signal ends: in between, no dataset has that name. Ctrl-C in a terminal
 *   reaches it nevertheless
 * @param signal checked after a failure, when the old dataset has its name back
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
  say(`the previous ${dataset} is kept as ${kept}: destroy it when you no longer need it`)
}

/**
 * Report if the old dataset stays mounted: it keeps its own mount point, and programs continue to
 * use the old data there.
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
    `${kept} (the old data) stays mounted at ${String(mountpoint)}; to mount ${dataset} there: zfs set mountpoint=none ${kept}, then zfs set mountpoint=${String(mountpoint)} ${dataset}`,
  )
}

/** Undo the renames that were made: a killed zfs does not report them. */
async function putBack(zfs: Run, dataset: string, kept: string): Promise<void> {
  try {
    const isThere = (name: string) => ifThere(getProperties(zfs, name, ['type']))
    if ((await isThere(dataset)) || !(await isThere(kept))) return
    await renameDataset(zfs, kept, dataset)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Z3Error(
      'zfs-failed',
      `${dataset} is now named ${kept} and cannot be renamed back: ${why}`,
      {
        hint: `The restored data is in ${besideName(dataset)}; rename one of the two to ${dataset}.`,
        cause,
      },
    )
  }
}

/**
 * Check that a dataset can be renamed.
 *
 * @throws Z3Error `dataset-exists`
 */
export async function checkReplaceable(zfs: Run, dataset: string): Promise<void> {
  const hint = 'Restore into another dataset with --into, and move the data.'
  if (parentOf(dataset) === undefined) {
    throw new Z3Error(
      'dataset-exists',
      `${dataset} is the root of its pool and cannot be renamed`,
      { hint },
    )
  }
  const [child] = await listBelow(zfs, dataset, 1)
  if (child !== undefined) {
    throw new Z3Error(
      'dataset-exists',
      `${dataset} has children, such as ${child}, and cannot be replaced`,
      { hint },
    )
  }
}
