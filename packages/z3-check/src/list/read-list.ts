import { once } from 'node:events'
import { createReadStream, type ReadStream } from 'node:fs'
import { readLines, standardInput, untilAborted } from '@z3/cli'
import { excerpt, Z3Error } from '@z3/core'
import { reasonOf } from '../reason.js'
import { parseLine, type ListLine } from './list-line.js'

const HINT = 'Use a list that z3-check or zfs-check has written.'

/** A line of a list, and its number from 1. */
export interface NumberedLine extends ListLine {
  readonly number: number
}

/**
 * Read a list that was written before.
 *
 * @param file undefined: standard input
 * @param hasPaths the list is that of a directory
 * @throws Z3Error `usage`: no such list, or a path that leaves the directory; `input-failed`
 */
export async function* readList(
  file: string | undefined,
  hasPaths: boolean,
  signal: AbortSignal,
): AsyncGenerator<NumberedLine, void> {
  const stream = file === undefined ? undefined : await openFile(file)
  const lines = readLines(stream ?? standardInput(HINT), {
    end: '\n',
    name: file === undefined ? 'standard input' : `the list '${file}'`,
    source: HINT,
    unterminated: 'The list may be truncated: every line must end with a newline.',
    afterFailure: 'Not everything was checked; check the list.',
  })
  let number = 0
  try {
    for await (const text of untilAborted(signal, lines)) {
      number += 1
      yield { ...checkedLine(text, number, hasPaths), number }
    }
  } finally {
    stream?.destroy()
  }
}

/** @throws Z3Error `usage` */
function checkedLine(text: string, number: number, hasPaths: boolean): ListLine {
  const line = parseLine(text, hasPaths)
  if (!line) throw notALine(text, number, hasPaths)
  if (line.path !== undefined && leaves(line.path)) {
    throw new Z3Error(
      'usage',
      `line ${String(number)} of the list has a path outside of the directory: '${shown(line.path)}'`,
      { hint: 'Paths of a list are relative to the directory.' },
    )
  }
  return line
}

/** @throws Z3Error `usage` */
async function openFile(file: string): Promise<ReadStream> {
  const stream = createReadStream(file)
  try {
    await once(stream, 'open')
    return stream
  } catch (cause) {
    throw new Z3Error('usage', `--check: cannot read the list '${file}': ${reasonOf(cause)}`, {
      hint: 'Nothing was checked; check the name of the list.',
      cause,
    })
  }
}

function notALine(text: string, number: number, hasPaths: boolean): Z3Error {
  const isOther = parseLine(text, !hasPaths) !== undefined
  const wanted = hasPaths ? 'path, chunk and SHA-1' : 'chunk and SHA-1'
  return new Z3Error(
    'usage',
    `line ${String(number)} of the list is not ${wanted}, separated by tabs: '${shown(text)}'`,
    {
      hint: isOther
        ? `The list is that of ${hasPaths ? 'a file or device' : 'a directory'}, but TARGET is ${hasPaths ? 'a directory' : 'a file or device'}.`
        : HINT,
    },
  )
}

/** Whether a path is absolute or has a part that leads elsewhere. */
function leaves(path: string): boolean {
  return path.includes('\0') || path.split('/').some((part) => ['', '.', '..'].includes(part))
}

/** Bytes for a message. */
export function shown(bytes: string): string {
  return excerpt(Buffer.from(bytes, 'latin1').toString()).replaceAll('\n', '\\n')
}
