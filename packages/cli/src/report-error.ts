import { EXIT, Z3Error } from '@z3/core'
import type { Io } from './io.js'
import { printable } from './printable.js'
import { Interrupted } from './signals.js'

export interface ReportOptions {
  /** The binary, which begins the line. */
  readonly name: string
  /** Show the stack and the causes. */
  readonly debug: boolean
  /** Also as a JSON object on stdout. */
  readonly json: boolean
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
  { name, debug, json }: ReportOptions,
): number {
  const expected = error instanceof Z3Error || error instanceof Interrupted
  const code = error instanceof Z3Error ? error.code : undefined
  const message = printable(error instanceof Error ? error.message : String(error))
  const hint = error instanceof Z3Error ? error.hint : undefined
  if (error instanceof Interrupted) {
    io.stderr.write(`${name}: ${message}\n`)
  } else if (code === 'empty-input') {
    // z3's own line, which scripts look for
    io.stderr.write(`Error: ${message}\n`)
  } else {
    io.stderr.write(`${name}: ${expected ? '' : 'internal error: '}${message}\n`)
  }
  if (hint !== undefined) io.stderr.write(`hint: ${printable(hint)}\n`)
  if (debug || !expected) io.stderr.write(`${printable(describe(error))}\n`)
  if (json) {
    const report = {
      status: 'error',
      code: code ?? (expected ? 'interrupted' : 'internal'),
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
