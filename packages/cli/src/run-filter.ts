import { writeSync } from 'node:fs'
import { outputFailed, stdoutClosed, takeClosedStdout } from './watch-output.js'
import type { Io, Output } from './io.js'
import { isTerminal } from './terminal/is-terminal.js'
import { openLog } from './log/log-format.js'
import { reportError } from './report-error.js'

const STDERR = 2

/**
 * Run the `main` of a filter that reads and writes its descriptors in place, and exit with what it
 * returns. Signals keep their default action, since no handler would run during a read; and
 * `process.stdout` stays untouched, since Node makes a pipe there non-blocking.
 */
export async function runFilter(
  name: string,
  main: (argv: readonly string[], io: Io) => Promise<number>,
): Promise<never> {
  const isClosed = takeClosedStdout(process.env)
  const argv = process.argv.slice(2)
  const stderr = openLog(name, argv, process.env, toDescriptor(STDERR))
  const io: Io = {
    env: process.env,
    stdout: isClosed ? CLOSED : toDescriptor(1),
    stderr,
    signal: new AbortController().signal,
    isTerminal,
    stdoutClosed: isClosed,
  }
  let status: number
  try {
    status = await main(argv, io)
  } catch (error) {
    status = reportError(error, io, { name, debug: false, json: false })
  }
  stderr.flush()
  process.exit(status)
}

const toDescriptor = (fd: number): Output => ({
  write: (data) => {
    try {
      writeSync(fd, Buffer.from(data))
    } catch (error) {
      // nobody reads the messages any more, or `head` has all that it wants
      const cause = error as NodeJS.ErrnoException
      if (fd !== STDERR && cause.code !== 'EPIPE') throw outputFailed(cause)
    }
  },
})

const CLOSED: Output = {
  write: () => {
    throw stdoutClosed()
  },
}
