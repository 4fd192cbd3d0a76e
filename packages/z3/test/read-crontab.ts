/** A line of a crontab in the form of /etc/cron.d. */
export interface CronJob {
  readonly minute: string
  readonly hour: string
  readonly day: string
  readonly user: string
  readonly command: string
}

/** What cron reads of a file in /etc/cron.d: crontab(5). */
export interface Crontab {
  readonly environment: Readonly<Record<string, string>>
  /** In the order of the time of day. */
  readonly jobs: readonly CronJob[]
}

const FIELDS =
  /^(?<minute>\d+)\s+(?<hour>\d+)\s+(?<day>\*|\d+)\s+\*\s+\*\s+(?<user>\S+)\s+(?<command>.*)$/

/**
 * Read a crontab whose jobs run at one time of the day, every day or on one day
 * of the month.
 *
 * @throws Error for a line that is nothing of it
 */
export const readCrontab = (lines: readonly string[]): Crontab => {
  const environment: Record<string, string> = {}
  const jobs: CronJob[] = []
  for (const line of lines) {
    const { name, value } = /^(?<name>[A-Z]+)=(?<value>.*)$/.exec(line)?.groups ?? {}
    if (name !== undefined && value !== undefined) {
      environment[name] = value
      continue
    }
    const fields = FIELDS.exec(line)?.groups
    // cron makes a line end of it
    if (!fields || line.includes('%')) throw new Error(`not a job: ${line}`)
    const { minute = '', hour = '', day = '', user = '', command = '' } = fields
    jobs.push({ minute, hour, day, user, command })
  }
  const time = ({ hour, minute }: CronJob) => Number(hour) * 60 + Number(minute)
  return { environment, jobs: jobs.sort((a, b) => time(a) - time(b)) }
}
