import { Z3Error } from '@z3/core'

/** The lines of what `zfs -H` printed. */
export function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

/**
 * The columns of a line that `zfs -H` printed.
 *
 * @throws Z3Error `zfs-failed` when it has more or fewer than wanted
 */
export function columns(line: string, count: number): readonly string[] {
  const values = line.split('\t')
  if (values.length !== count) throw unexpected(line)
  return values
}

/** What zfs printed is not what it prints. */
export function unexpected(line: string, cause?: unknown): Z3Error {
  return new Z3Error(
    'zfs-failed',
    `zfs printed a line that we do not understand: ${JSON.stringify(line)}`,
    {
      hint: "Report it, with the output of 'zfs version'.",
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
