import type { LogEntry, Output } from '../io.js'

/** Begins the line of a hint. */
export const HINT = 'hint: '

/**
 * Write an entry to standard error: as text, unless the log has another format.
 *
 * @param name of the program, which begins the text
 */
export function writeLog(output: Output, name: string, entry: LogEntry): void {
  if (output.log) output.log(entry)
  else output.write(`${entryLines(entry, name).join('\n')}\n`)
}

/** The text of an entry. */
export function entryLines({ message, hint, prefix }: LogEntry, name: string): readonly string[] {
  const text = `${prefix ?? `${name}: `}${message}`
  return [...text.split('\n'), ...(hint === undefined ? [] : `${HINT}${hint}`.split('\n'))]
}
