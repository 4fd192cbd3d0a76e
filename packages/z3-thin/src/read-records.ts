import { readLines } from '@z3/cli'

/** Where the input comes from. */
export const SOURCE = 'Use the output of zfs list -Hp as input.'

/**
 * All lines of a stream, without their ends: nothing is printed before the list is complete.
 *
 * @returns one character per byte (latin1), not interpreted
 * @throws Z3Error `usage`, `input-failed`
 */
export async function readRecords(
  input: AsyncIterable<Uint8Array>,
  end: '\n' | '\0',
): Promise<readonly string[]> {
  const records: string[] = []
  const lines = readLines(input, {
    end,
    name: 'standard input',
    source: SOURCE,
    unterminated: `The input may be truncated: every line must end with ${end === '\0' ? 'a NUL byte' : 'a newline, or with --null with a NUL byte'}.`,
    afterFailure: 'Nothing was printed; check the input.',
  })
  for await (const line of lines) records.push(line)
  return records
}
