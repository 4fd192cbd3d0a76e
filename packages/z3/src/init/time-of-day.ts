import type { TimeOfDay } from './answers.js'

/** Of the timers in systemd/, and of the crontab in docs/operating.md. */
export const DEFAULT_TIME: TimeOfDay = { hour: 2, minute: 15 }

/** @returns undefined: the text is no time of day */
export function parseTime(text: string): TimeOfDay | undefined {
  const { hour, minute } = /^(?<hour>[01]?\d|2[0-3]):(?<minute>[0-5]\d)$/.exec(text)?.groups ?? {}
  if (hour === undefined || minute === undefined) return undefined
  return { hour: Number(hour), minute: Number(minute) }
}

/** `02:15` */
export function formatTime({ hour, minute }: TimeOfDay): string {
  return [hour, minute].map((number) => String(number).padStart(2, '0')).join(':')
}
