import { printable, type LogEntry, type Output } from '@z3/cli'
import { renderPipeline } from '@z3/pipeline'
import type { Host } from '@z3/zfs'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Where to print which lines. */
export interface LogOptions {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** In place of `err`, for a log that has another format; undefined: it is text. */
  readonly entry?: Output['log']
  readonly verbose: boolean
  readonly debug: boolean
  /** Whether each is a terminal. */
  readonly outColour: boolean
  readonly errColour: boolean
}

/**
 * The output format of zfs-autobackup: two blanks before --verbose messages, `! ` before errors, `#
 * ` before commands.
 */
export class Log {
  readonly #options: LogOptions

  constructor(options: LogOptions) {
    this.#options = options
  }

  title(text: string): void {
    if (this.#options.verbose) this.#out(`#### ${text}`, 'bold', '')
  }

  verbose(text: string): void {
    if (this.#options.verbose) this.#out(`  ${text}`)
  }

  /** Always printed. */
  note(text: string): void {
    this.#err({ level: 'notice', message: text, prefix: '  NOTE: ' }, 'yellow')
  }

  error(text: string, hint?: string): void {
    this.#err({ level: 'error', message: text, hint, prefix: '! ' }, 'red')
  }

  /** A zfs command, ready to paste. */
  command(label: string, host: Host, args: readonly string[]): void {
    if (!this.#options.debug) return
    this.debug(`${label} ${renderPipeline(host.shown([{ file: 'zfs', args }]))}`)
  }

  debug(text: string): void {
    if (this.#options.debug) this.#err({ level: 'debug', message: text, prefix: '# ' }, 'green')
  }

  /** A blank line before a heading, as in zfs-autobackup. */
  #out(text: string, style?: Style, before?: string): void {
    const { out, outColour } = this.#options
    if (before !== undefined) out(`${before}\n`)
    out(`${paint(text, style, outColour)}\n`)
  }

  #err(entry: LogEntry & { readonly prefix: string }, style: Style): void {
    const { err, entry: write, errColour } = this.#options
    const { message, hint, prefix } = entry
    if (write) {
      const clean = hint === undefined ? undefined : printable(hint)
      write({ ...entry, message: printable(message), hint: clean })
      return
    }
    err(`${paint(`${prefix}${message}`, style, errColour)}\n`)
    if (hint !== undefined) err(`${paint(`${prefix}hint: ${hint}`, undefined, errColour)}\n`)
  }
}

function paint(text: string, style: Style | undefined, colour: boolean): string {
  const clean = printable(text)
  return style && colour ? styleText(style, clean, { validateStream: false }) : clean
}
