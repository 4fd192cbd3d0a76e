import { printable, type Io } from '@z3/cli'
import { EXIT, Z3Error } from '@z3/core'
import { localHost } from '@z3/zfs'
import type { Answers } from './answers.js'
import { enableTimers } from './enable-timers.js'
import { backupCommand, cronFile, timerOf } from './schedule.js'
import { formatTime } from './time-of-day.js'

/** What was written, and from which answers. */
export interface Written {
  readonly answers: Answers
  readonly file: string
  /** The name under which the old file was kept. */
  readonly old: string | undefined
  /** What other commands need to find the file. */
  readonly configFlag: readonly string[]
}

/**
 * Start the schedule, and print what was done and the next command.
 *
 * @returns the exit status
 * @throws Z3Error if the timers cannot be enabled
 */
export async function finish({ answers, file, old, configFlag }: Written, io: Io): Promise<number> {
  const print = (line: string) => {
    io.stdout.write(`${printable(line)}\n`)
  }
  print(`wrote ${file} (mode 0600)`)
  if (old !== undefined) print(`kept the old file as ${old}`)
  const { schedule, keyPlace } = answers
  if (schedule === 'systemd') {
    try {
      const timers = await enableTimers(answers, io.env, io.signal)
      print(`enabled ${timers.join(', ')}: every day at ${formatTime(answers.time)}`)
    } catch (error) {
      if (!(error instanceof Z3Error)) throw error
      throw new Z3Error(error.code, `the timers were not enabled: ${error.message}`, {
        hint: `The configuration was written. Run: systemctl enable --now ${answers.datasets.map(timerOf).join(' ')}`,
        cause: error,
      })
    }
  }
  if (schedule === 'cron') {
    print('put these lines into /etc/cron.d/z3:')
    io.stdout.write(cronFile(answers, configFlag, localHost(io).user))
  }
  if (schedule !== 'none' && keyPlace === 'environment') {
    print(
      'S3_KEY_ID and S3_SECRET must be set there, too: cron and systemd have another environment',
    )
  }
  print(`next: ${backupCommand(answers, configFlag)}`)
  return EXIT.ok
}
