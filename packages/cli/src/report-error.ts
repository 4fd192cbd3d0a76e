import { EXIT, Z3Error } from '@z3/core'
import type { Io } from './io.js'
import { writeLog } from './log/write-log.js'
import { Interrupted } from './signals.js'

export interface ReportOptions {
  /** The binary, which begins the line. */
  readonly name: string
  /** Show the stack and the causes. */
  readonly debug: boolean
  /** Also as a JSON object on stdout. */
  readonly json: boolean
  /** What the error is about, if its message begins with it. */
  readonly dataset?: string
}

const added = new WeakMap<Error, Readonly<Record<string, unknown>>>()

/** Have the JSON form of an error tell more: what was done before it. */
export function addToReport(error: unknown, more: Readonly<Record<string, unknown>>): void {
  if (error instanceof Error) added.set(error, more)
}

/**
 * Tell what failed and what to do about it: one line each. Only a defect of ours shows a stack
 * without being asked.
 *
 * @returns the exit status
 */
export function reportError(
  error: unknown,
  io: Pick<Io, 'stdout' | 'stderr'>,
  { name, debug, json, dataset }: ReportOptions,
): number {
  const expected = error instanceof Z3Error || error instanceof Interrupted
  const code = error instanceof Z3Error ? error.code : undefined
  const message = printable(error instanceof Error ? error.message : String(error))
  const hint = error instanceof Z3Error ? error.hint : undefined
  const shownCode = code ?? (expected ? 'interrupted' : 'internal')
  writeLog(io.stderr, name, {
    level: 'error',
    message: `${expected ? '' : 'internal error: '}${message}`,
    code: shownCode,
    hint: hint === undefined ? undefined : printable(hint),
    dataset,
    // z3's own line, which scripts look for
    ...(code === 'empty-input' ? { prefix: 'Error: ' } : {}),
  })
  if (debug || !expected) io.stderr.write(`${printable(describe(error))}\n`)
  if (json) {
    const report = {
      status: 'error',
      code: shownCode,
      message,
      hint,
      ...(error instanceof Error ? added.get(error) : {}),
    }
    io.stdout.write(`${JSON.stringify(report)}\n`)
  }
  if (error instanceof Z3Error || error instanceof Interrupted) {
    return error.exitStatus
  }
  return EXIT.failed
}

/** The stack, and those of the causes. */
function describe(error: unknown): string {
  const lines: string[] = []
  for (let e = error; e instanceof Error; e = e.cause) {
    lines.push(`${lines.length > 0 ? 'caused by: ' : ''}${e.stack ?? e.message}`)
  }
  return lines.join('\n')
}

/**
 * Characters that change what a terminal shows of a line: control characters but for line ends, the
 * marks, embeddings, overrides and isolates of bidirectional text (UAX 9), and the separators of
 * lines and paragraphs.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- the expression must match control characters
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Text from a server or a key, made safe for a terminal and a log: a control character becomes
 * `\\x1b`, one that turns the direction of text `\\u202e`. Line ends stay; messages of several
 * lines are ours.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0)
    const hex = code.toString(16)
    return code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`
  })
}
