import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { makeDirectories } from '@z3/cli'
import { Z3Error } from '@z3/core'
import { findProgram, runPipeline } from '@z3/pipeline'
import type { Answers, TimeOfDay } from './answers.js'
import { timerOf } from './schedule.js'
import { DEFAULT_TIME, formatTime } from './time-of-day.js'

/** Whether systemd is the init system of this machine: sd_booted(3). */
export function hasSystemd(env: NodeJS.ProcessEnv): boolean {
  return findProgram('systemctl', env) !== undefined && existsSync('/run/systemd/system')
}

/** Settings of the administrator: systemd.unit(5). */
const UNITS = '/etc/systemd/system'

/**
 * Enable and start the timer of each dataset. A time other than that of the units is written as a
 * drop-in.
 *
 * @returns the names of the timers
 * @throws Z3Error `stage-failed` with the message of systemctl; `program-missing`; `output-failed`
 */
export async function enableTimers(
  { datasets, time }: Pick<Answers, 'datasets' | 'time'>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  units = UNITS,
): Promise<readonly string[]> {
  const timers = datasets.map(timerOf)
  if (findProgram('systemctl', env) === undefined) {
    throw new Z3Error('program-missing', "no such program: 'systemctl'", {
      hint: 'Use --schedule cron.',
    })
  }
  const changes = await Promise.all(timers.map((timer) => setTime(`${units}/${timer}.d`, time)))
  const systemctl = (...args: readonly string[]) =>
    runPipeline([{ file: 'systemctl', args }], { env, signal, captureStdout: true })
  if (changes.includes(true)) await systemctl('daemon-reload')
  await systemctl('enable', '--now', ...timers)
  return timers
}

/** @returns whether a file was written */
async function setTime(directory: string, time: TimeOfDay): Promise<boolean> {
  const file = `${directory}/z3-init.conf`
  const text = formatTime(time)
  // one of an earlier run is corrected
  if (text === formatTime(DEFAULT_TIME) && !existsSync(file)) return false
  try {
    await makeDirectories(directory, 0o755)
    // the empty setting removes the time of the unit
    const lines = ['# Written by z3 init.', '[Timer]', 'OnCalendar=', `OnCalendar=*-*-* ${text}:00`]
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o644 })
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Z3Error('output-failed', `cannot write ${file}: ${why}`, { cause: error })
  }
}
