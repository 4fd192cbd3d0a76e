import { Z3Error } from '@z3/core'

/** Bytes of a line at most, its end not counted. A name of ZFS has 255. */
const LONGEST = 65_536

/**
 * The lines of a stream, without their ends. A last line that has no end is an
 * error: it may have been cut off, and half a name is another snapshot's.
 *
 * @param end `\n` or `\0`
 * @returns each byte as one character (latin1), whatever the bytes mean
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
      `line ${String(records.length + 1)} of the input is longer than ${String(LONGEST)} bytes`,
      { hint: 'Give it a list of snapshots, as zfs list -Hp prints it.' },
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
      hint: 'Nothing was printed; check where the input comes from.',
      cause: error,
    })
  }
  if (rest !== '') {
    throw new Z3Error(
      'usage',
      `line ${String(records.length + 1)}, the last of the input, has no end`,
      {
        hint: `The input may have been cut off; every line ends with ${end === '\0' ? 'a NUL byte' : 'a newline, or with --null with a NUL byte'}.`,
      },
    )
  }
  return records
}
