import type { Answers, Schedule, TimeOfDay } from './answers.js'
import { hasSystemd } from './enable-timers.js'
import type { Given } from './given.js'
import type { Prompter } from './prompt.js'
import { DEFAULT_TIME, formatTime, parseTime } from './time-of-day.js'

/** Settle what starts the backups, and when. Without a terminal, nothing does by default. */
export async function settleSchedule(
  { schedule, time }: Given,
  prompter: Prompter | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Pick<Answers, 'schedule' | 'time'>> {
  const chosen = schedule ?? (prompter ? await askSchedule(prompter, env) : 'none')
  const isAsked = prompter && time === undefined && chosen !== 'none'
  return {
    schedule: chosen,
    time: time ?? (isAsked ? await askTime(prompter) : DEFAULT_TIME),
  }
}

function askSchedule(prompter: Prompter, env: NodeJS.ProcessEnv): Promise<Schedule> {
  return prompter.choose<Schedule>('What starts the backups every night?', [
    ...(hasSystemd(env)
      ? [{ value: 'systemd', text: 'a systemd timer for each dataset, enabled now' } as const]
      : []),
    { value: 'cron', text: 'cron: print the lines for /etc/cron.d' },
    { value: 'none', text: 'nothing' },
  ])
}

async function askTime(prompter: Prompter): Promise<TimeOfDay> {
  for (;;) {
    const text = await prompter.ask('Time of day at which they start', formatTime(DEFAULT_TIME))
    const time = parseTime(text)
    if (time) return time
    prompter.say(`'${text}' is not a time of day, such as 03:30`)
  }
}
