import { quote } from '@z3/pipeline'
import type { Answers } from './answers.js'

/** `z3 backup` with its operands, as it is typed. */
export function backupCommand(
  { datasets, select }: Pick<Answers, 'datasets' | 'select'>,
  configFlag: readonly string[],
  ...flags: readonly string[]
): string {
  const what = select === undefined ? datasets : ['--select', select]
  return ['z3', 'backup', ...flags, ...configFlag, ...what].map(quote).join(' ')
}

/** A file for /etc/cron.d that backs up every day at a time. */
export function cronFile(
  answers: Pick<Answers, 'datasets' | 'select' | 'time'>,
  configFlag: readonly string[],
  user: string,
): string {
  // in a crontab, % ends the command
  const command = backupCommand(answers, configFlag, '--quiet').replaceAll('%', '\\%')
  const { hour, minute } = answers.time
  return `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n${String(minute)} ${String(hour)} * * *  ${user}  ${command}\n`
}

/** The timer of a dataset: systemd.unit(5), escaped as systemd-escape(1) does for a name. */
export function timerOf(dataset: string): string {
  return `z3-backup@${escapeUnit(dataset)}.timer`
}

function escapeUnit(name: string): string {
  return [...Buffer.from(name)]
    .map((byte, i) => {
      const character = String.fromCharCode(byte)
      if (character === '/') return '-'
      const isPlain = /[A-Za-z0-9:_]/.test(character) || (character === '.' && i > 0)
      return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
}
