import { printable } from '@z3/cli'
import { renderPipeline } from '@z3/pipeline'
import type { Host } from '@z3/zfs'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Where to print which lines. */
export interface LogOptions {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
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
    this.#err(`  NOTE: ${text}`, 'yellow')
  }

  error(text: string, hint?: string): void {
    this.#err(`! ${text}`, 'red')
    if (hint !== undefined) this.#err(`! hint: ${hint}`)
  }

  /** A zfs command, ready to paste. */
  command(label: string, host: Host, args: readonly string[]): void {
    if (!this.#options.debug) return
    this.debug(`${label} ${renderPipeline(host.shown([{ file: 'zfs', args }]))}`)
  }

  debug(text: string): void {
    if (this.#options.debug) this.#err(`# ${text}`, 'green')
  }

  /** A blank line before a heading, as in zfs-autobackup. */
  #out(text: string, style?: Style, before?: string): void {
    const { out, outColour } = this.#options
    if (before !== undefined) out(`${before}\n`)
    out(`${paint(text, style, outColour)}\n`)
  }

  #err(text: string, style?: Style): void {
    const { err, errColour } = this.#options
    err(`${paint(text, style, errColour)}\n`)
  }
}

function paint(text: string, style: Style | undefined, colour: boolean): string {
  const clean = printable(text)
  return style && colour ? styleText(style, clean, { validateStream: false }) : clean
}
