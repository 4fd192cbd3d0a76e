import { Z3Error } from '@z3/core'

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** `FILE:LINE`, `--flag` or `environment variable NAME`. */
  readonly where: string
  /** What is wrong and what is allowed: lower case, no full stop. */
  readonly what: string
}

/**
 * One error for all problems: a single problem is the message; several get a line each under a line
 * that counts them.
 *
 * @param problems at least one
 * @param place what the first line names: a file, `the command line`
 */
export function problemError(
  code: 'config' | 'usage',
  problems: readonly Problem[],
  place: string,
  hint: string,
): Z3Error {
  const lines = problems.map(({ where, what }) => `${where}: ${what}`)
  const message =
    lines.length === 1
      ? lines.join()
      : [`${String(lines.length)} problems in ${place}`, ...lines].join('\n  ')
  return new Z3Error(code, message, { hint })
}
