import { runCommand, stdoutClosed, usageError, type Io } from '@z3/cli'
import { EXIT } from '@z3/core'
import { verifyStream } from '@z3/zstream'
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
  // not async: nothing waits here, and descriptors are read in place
  return runCommand(spec, argv, io, (args) => {
    if (io.isTerminal(STDIN)) {
      throw usageError(
        spec,
        'standard input is a terminal; give it a stream: zfs send SNAPSHOT | $0',
      )
    }
    if (!args.check && io.isTerminal(STDOUT)) {
      throw usageError(spec, 'standard output is a terminal; use a pipe, or --check')
    }
    if (!args.check && io.stdoutClosed) throw stdoutClosed()
    const summary = verifyStream(
      (into) => readSome(STDIN, into),
      (bytes) => {
        if (!args.check) writeAll(STDOUT, bytes)
      },
    )
    if (args.json) {
      const output = args.check ? io.stdout : io.stderr
      output.write(`${renderSummary(summary)}\n`)
    }
    return Promise.resolve(EXIT.ok)
  })
}
