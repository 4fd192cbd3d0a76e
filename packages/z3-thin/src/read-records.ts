import { Z3Error } from '@z3/core'

/** Maximum bytes of a line without its end. ZFS names have at most 255. */
const LONGEST = 65_536

/**
 * The lines of a stream, without their ends. An unterminated last line is an error: it may be
 * truncated, and half a name may be another snapshot's.
 *
 * @param end `\n` or `\0`
 * @returns one character per byte (latin1), not interpreted
 * @throws Z3Error `usage`, `input-failed`
 */
export async function readRecords(
  input: AsyncIterable<Uint8Array>,
  end: string,
): Promise<readonly string[]> {
  const records: string[] = []
  let rest = ''
  const check = (text: string) => {
    if (text.length <= LONGEST) return
    throw new Z3Error(
      'usage',
      `line ${String(records.length + 1)} of the input exceeds ${String(LONGEST)} bytes`,
      { hint: 'Use the output of zfs list -Hp as input.' },
    )
  }
  try {
    for await (const chunk of input) {
      const parts = Buffer.from(chunk).toString('latin1').split(end)
      const last = parts.pop() ?? ''
      for (const part of parts) {
        const record = rest + part
        check(record)
        records.push(record)
        rest = ''
      }
      rest += last
      check(rest)
    }
  } catch (error) {
    if (error instanceof Z3Error) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Z3Error('input-failed', `cannot read standard input: ${why}`, {
      hint: 'Nothing was printed; check the input.',
      cause: error,
    })
  }
  if (rest !== '') {
    throw new Z3Error(
      'usage',
      `line ${String(records.length + 1)}, the last of the input, is not terminated`,
      {
        hint: `The input may be truncated: every line must end with ${end === '\0' ? 'a NUL byte' : 'a newline, or with --null with a NUL byte'}.`,
      },
    )
  }
  return records
}
