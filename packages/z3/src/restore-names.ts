import { parseSnapshotName, Z3Error, type LocalSnapshot, type RestoreStep } from '@z3/core'
import { besideName } from './swap.js'

/** ZFS_MAX_DATASET_NAME_LEN is 256, with the final NUL. */
const MAX_NAME = 255
/** recv_clone_name: where zfs receives what changes a dataset that is there. */
const RECEIVING = '/%recv'

/** What a restore will make. */
export interface RestoreNames {
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
