import { EXIT } from '@z3/core'
import type { Io } from './io.js'
import { openLog } from './log/log-format.js'
import { writeLog } from './log/write-log.js'
import { reportError } from './report-error.js'
import { isTerminal, terminalColumns } from './terminal/is-terminal.js'
import { LiveLines } from './terminal/live-lines.js'
import { openServiceStatus } from './terminal/service-status.js'
import { endBySignal, Interrupted, watchSignals } from './signals.js'
import { lostOutput, takeClosedStdout, watchOutput } from './watch-output.js'

/**
 * Run a binary's `main` on the process itself, and exit with what it returns, or by the signal that
 * ended it. Output to a pipe or file is written at once on Linux and FreeBSD, so that exiting loses
 * none of it; a connection or a thread left open cannot keep a finished run alive.
 */
export async function run(
  name: string,
  main: (argv: readonly string[], io: Io) => Promise<number>,
): Promise<never> {
  const stdoutClosed = takeClosedStdout(process.env)
  const stdout = stdoutClosed ? lostOutput() : watchOutput(process.stdout)
  const argv = process.argv.slice(2)
  const live = new LiveLines(process.stderr, () => process.stderr)
  const stderr = openLog(name, argv, process.env, live.above(process.stderr))
  const service = openServiceStatus(process.env)
  const say = (message: string) => {
    writeLog(stderr, name, { level: 'notice', message })
  }
  const io: Io = {
    env: process.env,
    stdout: live.above(stdout),
    stderr,
    live,
    signal: watchSignals(say),
    isTerminal,
    columns: terminalColumns,
    status: service,
    stdoutClosed,
  }
  // who reads our messages may leave; that must not end the upload
  process.stderr.on('error', () => undefined)
  let status: number
  try {
    status = await main(argv, io)
  } catch (error) {
    status = reportError(error, io, { name, debug: false, json: false })
  }
  stderr.flush()
  await service?.close()
  const { reason } = io.signal as { reason: unknown }
  if (reason instanceof Interrupted && status === reason.exitStatus) {
    endBySignal(reason.signal)
    // delivered before the next line is reached, but for the types
    await new Promise(() => undefined)
  }
  const unwritten = await stdout.settled()
  if (unwritten) {
    const failed = reportError(unwritten, io, {
      name,
      debug: false,
      json: false,
    })
    if (status === EXIT.ok) status = failed
  }
  process.exit(status)
}

declare const Z3_VERSION: string | undefined

/** The toolkit's version, which scripts/bundle.mjs puts in. */
export const version: string = typeof Z3_VERSION === 'string' ? Z3_VERSION : 'development'
