import { Z3Error } from '@z3/core'

/** An error in the configuration. */
export interface Problem {
  /** `FILE:LINE`, `--flag` or `environment variable NAME`. */
  readonly where: string
  /** What is wrong and what is allowed: lower case, no full stop. */
  readonly what: string
  /** One sentence; it replaces the hint of throwProblems. */
  readonly hint?: string | undefined
}

/**
 * Throw one error for all problems, one line each. Several problems follow a line that counts them.
 *
 * @param place what that line names: a file, `the command line`
 * @throws Z3Error unless there are no problems
 */
export function throwProblems(
  code: 'config' | 'usage',
  problems: readonly Problem[],
  place: string,
  hint: string,
): void {
  if (problems.length === 0) return
  const lines = problems.map(({ where, what }) => `${where}: ${what}`)
  if (lines.length > 1) lines.unshift(`${String(lines.length)} problems in ${place}`)
  throw new Z3Error(code, lines.join('\n  '), {
    hint: problems.find((problem) => problem.hint !== undefined)?.hint ?? hint,
  })
}

/** A value, or what is wrong with its text. */
export type Checked<T> =
  { readonly value: T; readonly what?: never } | { readonly value?: never; readonly what: string }

/** The result of a parser, or the message of the Z3Error that it throws. */
export function checked<T>(parse: () => T): Checked<T> {
  try {
    return { value: parse() }
  } catch (error) {
    if (error instanceof Z3Error) return { what: error.message }
    throw error
  }
}

/** The error of a parser. The message gets its place from throwProblems. */
export function invalid(what: string): Z3Error {
  return new Z3Error('config', what)
}
