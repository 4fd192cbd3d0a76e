import { existsSync } from 'node:fs'
import { Z3Error } from '@z3/core'
import { findProgram, runPipeline } from '@z3/pipeline'
import { timerOf } from './schedule.js'

/** Whether systemd is the init system of this machine: sd_booted(3). */
export function hasSystemd(env: NodeJS.ProcessEnv): boolean {
  return findProgram('systemctl', env) !== undefined && existsSync('/run/systemd/system')
}

/**
 * Enable and start the timer of each dataset.
 *
 * @returns the names of the timers
 * @throws Z3Error `stage-failed` with the message of systemctl; `program-missing`
 */
export async function enableTimers(
  datasets: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const timers = datasets.map(timerOf)
  if (findProgram('systemctl', env) === undefined) {
    throw new Z3Error('program-missing', "no such program: 'systemctl'", {
      hint: 'Use --schedule cron.',
    })
  }
  const command = { file: 'systemctl', args: ['enable', '--now', ...timers] }
  await runPipeline([command], { env, signal, captureStdout: true })
  return timers
}
