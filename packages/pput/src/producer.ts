import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error } from '@z3/core'

/** How long a producer may take to end after SIGTERM, milliseconds. */
const PATIENCE = 5_000

/** And after SIGKILL. */
const LAST_PATIENCE = 1_000

/** A command whose standard output is uploaded. */
export interface Producer {
  readonly stdout: Readable
  /**
   * Wait until it ends.
   *
   * @throws Z3Error `producer-failed` unless it exits 0
   */
  succeeded(): Promise<void>
  /** Stop it if it still runs, and wait for its end. */
  stop(): Promise<void>
}

/**
 * Run a command, without a shell. It inherits standard input and error.
 *
 * @param argv the program and its arguments
 */
export function startProducer(argv: readonly string[]): Producer {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { stdio: ['inherit', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(notStarted(program, cause))
    })
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(failed(program, code, signal))
    })
  })
  // awaited after the end of the stream; until then, a rejection is not unhandled
  ended.catch(() => undefined)
  return {
    stdout: child.stdout,
    succeeded: () => ended,
    stop: () => stop(child, ended),
  }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdout?.destroy()
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const over = ended.catch(() => undefined)
  await Promise.race([over, sleep(PATIENCE, undefined, { ref: false })])
  // it hangs in the kernel; do not wait for it
  child.kill('SIGKILL')
  await Promise.race([over, sleep(LAST_PATIENCE, undefined, { ref: false })])
}

function notStarted(program: string, cause: NodeJS.ErrnoException): Z3Error {
  const why =
    cause.code === 'ENOENT'
      ? 'no such program'
      : cause.code === 'EACCES'
        ? 'not executable'
        : cause.message
  return new Z3Error('producer-failed', `cannot run '${program}': ${why}`, {
    hint: 'Check the command after --, and PATH.',
    cause,
  })
}

function failed(program: string, code: number | null, signal: NodeJS.Signals | null): Z3Error {
  const how = signal ? `was killed by ${signal}` : `exited ${String(code)}`
  return new Z3Error('producer-failed', `'${program}' ${how}; nothing was stored`, {
    hint: 'See its messages above.',
  })
}
