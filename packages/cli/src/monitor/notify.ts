import { spawn } from 'node:child_process'
import type { Command } from '@z3/core'
import type { FinishedRun } from './finished-run.js'

/** Time between SIGTERM and SIGKILL, milliseconds. */
const GRACE = 2_000

/**
 * Run NOTIFY_COMMAND. It gets the last lines of the log on its standard input, and the run in its
 * environment. Its output is discarded: standard output belongs to the results.
 *
 * @param limit milliseconds until it is killed
 * @throws Error that says what went wrong
 */
export function notify(
  { file, args }: Command,
  { program, subject, status }: FinishedRun,
  log: string,
  env: NodeJS.ProcessEnv,
  limit: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...env, Z3_PROGRAM: program, Z3_RUN: subject, Z3_EXIT_STATUS: String(status) },
      // its own group: what it has started ends with it
      detached: true,
    })
    let isLate = false
    const kill = (signal: NodeJS.Signals) => {
      isLate = true
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal)
      } catch {
        // it has just ended
      }
    }
    const timers = [setTimeout(kill, limit, 'SIGTERM'), setTimeout(kill, limit + GRACE, 'SIGKILL')]
    const end = (problem: string | undefined) => {
      timers.forEach(clearTimeout)
      if (problem === undefined) resolve()
      else reject(new Error(problem))
    }
    child.on('error', (error) => {
      end(error.message)
    })
    child.on('exit', (code, signal) => {
      if (isLate) end(`killed after ${String(limit / 1000)} s`)
      else if (code === 0) end(undefined)
      else end(signal ? `ended by ${signal}` : `exit status ${String(code)}`)
    })
    // it need not read
    child.stdin.on('error', () => undefined)
    child.stdin.end(log)
  })
}
