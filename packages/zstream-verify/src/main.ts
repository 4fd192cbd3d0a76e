import { writeFileSync } from 'node:fs'
import { runCommand, stdoutClosed, usageError, type Arguments, type Io } from '@z3/cli'
import { EXIT, Z3Error } from '@z3/core'
import { verifyStream, type StreamSummary } from '@z3/zstream'
import { spec } from './command-line.js'
import { readSome, writeAll } from './descriptors.js'
import { renderSummary } from './render-summary.js'

const STDIN = 0
const STDOUT = 1

/**
 * zstream-verify: a filter.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export function main(argv: readonly string[], io: Io): Promise<number> {
  // not async: reading and writing block
  return runCommand(spec, argv, io, (args, io) => {
    if (io.isTerminal(STDIN)) {
      throw usageError(spec, 'standard input is a terminal; use a pipe: zfs send SNAPSHOT | $0')
    }
    if (!args.check && io.isTerminal(STDOUT)) {
      throw usageError(spec, 'standard output is a terminal; use a pipe, or --check')
    }
    if (!args.check && io.stdoutClosed) throw stdoutClosed()
    const wanted = wantedStream(args)
    const { summary: file, 'try-summary': optional } = args
    const summary = verifyStream(
      (into) => readSome(STDIN, into),
      (bytes) => {
        if (!args.check) writeAll(STDOUT, bytes)
      },
      undefined,
      (found) => {
        checkWanted(found, wanted)
        // before the end of the stream: a reader that sees the end can read the summary
        if (file !== undefined) writeSummary(file, found)
        if (optional !== undefined) trySummary(optional, found, io)
      },
    )
    if (args.json) {
      const output = args.check ? io.stdout : io.stderr
      output.write(`${renderSummary(summary)}\n`)
    }
    return Promise.resolve(EXIT.ok)
  })
}

/** What the stream must be; undefined: anything. */
interface Wanted {
  readonly guid: string | undefined
  /** `none`: a full stream. */
  readonly parent: string | undefined
}

/** @throws Z3Error `usage` */
function wantedStream(args: Arguments<typeof spec.options>): Wanted {
  const { guid, 'parent-guid': parent } = args
  const isGuid = (text: string): boolean => /^[1-9]\d{0,19}$/.test(text)
  if (guid !== undefined && !isGuid(guid)) throw usageError(spec, `--guid: '${guid}' is not a guid`)
  if (parent !== undefined && parent !== 'none' && !isGuid(parent)) {
    throw usageError(spec, `--parent-guid: '${parent}' is neither a guid nor none`)
  }
  return { guid, parent }
}

/** @throws Z3Error `stream-mismatch` */
function checkWanted({ streams }: StreamSummary, { guid, parent }: Wanted): void {
  const [first] = streams
  const last = streams.at(-1)
  const toguid = String(last?.toguid)
  if (guid !== undefined && toguid !== guid) {
    throw mismatch(`the stream contains ${String(last?.toname)} with guid ${toguid}, not ${guid}`)
  }
  const from = first && first.fromguid !== 0n ? String(first.fromguid) : 'none'
  if (parent !== undefined && from !== parent) {
    const found = from === 'none' ? 'is full' : `is an increment from guid ${from}`
    const expected = parent === 'none' ? 'a full stream' : `an increment from ${parent}`
    throw mismatch(`the stream ${found}, not ${expected}`)
  }
}

function mismatch(message: string): Z3Error {
  return new Z3Error('stream-mismatch', message, {
    hint: 'The snapshot may have been replaced: check its guid.',
  })
}

/** @throws Z3Error `output-failed` */
function writeSummary(file: string, summary: StreamSummary): void {
  try {
    writeFileSync(file, `${renderSummary(summary)}\n`)
  } catch (cause) {
    throw new Z3Error('output-failed', `cannot write '${file}': ${(cause as Error).message}`, {
      hint: 'Check the directory and its permissions.',
      cause,
    })
  }
}

/** The stream matters more: a summary that cannot be written is only reported. */
function trySummary(file: string, summary: StreamSummary, io: Io): void {
  try {
    writeSummary(file, summary)
  } catch (error) {
    io.stderr.write(`zstream-verify: ${(error as Z3Error).message}\n`)
  }
}
