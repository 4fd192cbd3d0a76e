import { usageError } from '@z3/cli'
import { parseSnapshotName } from '@z3/core'

/**
 * Read what `z3 restore` is to restore: `snapshot`, `dataset@snapshot`, or
 * nothing with --latest.
 *
 * @throws Z3Error `usage`, `invalid-name`
 */
export function wantedSnapshot(args: {
  readonly operands: readonly string[]
  readonly latest?: boolean | undefined
}): {
  readonly dataset: string | undefined
  readonly snapshot: string | undefined
} {
  const [operand] = args.operands
  if ((operand === undefined) === (args.latest !== true)) {
    throw usageError(
      { name: 'z3 restore' },
      operand === undefined
        ? 'no snapshot is named'
        : '--latest and a snapshot exclude each other',
    )
  }
  if (operand === undefined) return { dataset: undefined, snapshot: undefined }
  if (!operand.includes('@')) return { dataset: undefined, snapshot: operand }
  return parseSnapshotName(operand)
}
