import { Z3Error } from '@z3/core'

/** Maximum bytes of a line without its end: more than any name has. */
const LONGEST = 65_536

export interface LinesOptions {
  /** What ends a line. */
  readonly end: '\n' | '\0'
  /** What is read, for messages: `standard input`. */
  readonly name: string
  /** Hint for a line that is too long: where lines come from. */
  readonly source: string
  /** Hint for a last line without an end. */
  readonly unterminated: string
  /** Hint after a read error. */
  readonly afterFailure: string
}

/**
 * The lines of a stream, without their ends. An unterminated last line is an error: it may be
 * truncated, and half a name may be another one.
 *
 * @returns one character per byte (latin1), not interpreted
 * @throws Z3Error `usage`, `input-failed`
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  { end, name, source, unterminated, afterFailure }: LinesOptions,
): AsyncGenerator<string, void> {
  let rest = ''
  let count = 0
  for await (const chunk of orFailed(input, name, afterFailure)) {
    const parts = Buffer.from(chunk).toString('latin1').split(end)
    const last = parts.pop() ?? ''
    for (const part of parts) {
      const line = rest + part
      rest = ''
      count += 1
      check(line, count, source)
      yield line
    }
    rest += last
    check(rest, count + 1, source)
  }
  if (rest === '') return
  throw new Z3Error(
    'usage',
    `line ${String(count + 1)}, the last of the input, is not terminated`,
    {
      hint: unterminated,
    },
  )
}

function check(line: string, number: number, source: string): void {
  if (line.length <= LONGEST) return
  throw new Z3Error(
    'usage',
    `line ${String(number)} of the input exceeds ${String(LONGEST)} bytes`,
    { hint: source },
  )
}

/** The error of the stream itself as one of ours. */
async function* orFailed(
  input: AsyncIterable<Uint8Array>,
  name: string,
  hint: string,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* input
  } catch (error) {
    if (error instanceof Z3Error) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Z3Error('input-failed', `cannot read ${name}: ${why}`, { hint, cause: error })
  }
}
