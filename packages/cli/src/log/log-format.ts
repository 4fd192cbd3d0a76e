import { fstatSync } from 'node:fs'
import type { LogFormat, Output } from '../io.js'
import { LogOutput } from './log-output.js'

const STDERR = 2

/**
 * The log of a program, in the format that --log-format or Z3_LOG_FORMAT asks for. LOG_FORMAT of a
 * file is known later: `Output.setFormat`.
 *
 * @param name of the program
 */
export function openLog(
  name: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  output: Output,
): LogOutput {
  return new LogOutput(output, {
    name,
    format: earlyFormat(argv, env),
    hasPriorities: isJournal(env),
  })
}

/**
 * The format of the log, as far as it is known before the command line is parsed and the
 * configuration is read: their errors are logged in this format, too.
 */
export function earlyFormat(argv: readonly string[], env: NodeJS.ProcessEnv): LogFormat {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  const at = words.findLastIndex((word) => /^--log-format(=|$)/.test(word))
  const word = words[at]
  const given = word?.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1]
  return (at < 0 ? env['Z3_LOG_FORMAT'] : given) === 'json' ? 'json' : 'text'
}

/**
 * Whether a descriptor is the stream of systemd's journal that JOURNAL_STREAM names by device and
 * inode, as systemd.exec(5) demands: it may be redirected, and the variable inherited.
 */
export function isJournal(env: NodeJS.ProcessEnv, fd = STDERR): boolean {
  const { JOURNAL_STREAM: stream } = env
  if (stream === undefined) return false
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true })
    return stream === `${String(dev)}:${String(ino)}`
  } catch {
    // it is closed
    return false
  }
}
