import type { Writable } from 'node:stream'
import type { Output, RedrawnLines } from '../io.js'
import { printable } from '../report-error.js'

/** What is known of the terminal, in characters; undefined or 0: not known. */
interface TerminalSize {
  readonly columns: number | undefined
  readonly rows: number | undefined
}

const DEFAULT = { columns: 80, rows: 24 }

/**
 * Lines at the bottom of a terminal that are redrawn in place. What is written to its outputs
 * appears above them. The cursor stays on the line below, so that a process that is killed leaves
 * the terminal usable.
 */
export class LiveLines implements RedrawnLines {
  readonly #stream: Writable
  readonly #size: () => TerminalSize
  #lines: readonly string[] = []
  #drawn = 0
  /** An unfinished line is on the screen; nothing is drawn behind it. */
  #isMidLine = false

  constructor(stream: Writable, size: () => TerminalSize) {
    this.#stream = stream
    this.#size = size
  }

  /** Columns of a line, without the last one, behind which some terminals wrap; and lines. */
  get room(): { readonly width: number; readonly lines: number } {
    const { columns, rows } = this.#size()
    return {
      width: Math.max(1, known(columns, DEFAULT.columns) - 1),
      // one is left for the cursor
      lines: Math.max(1, known(rows, DEFAULT.rows) - 1),
    }
  }

  /** Show these lines, cut to the width, in place of the former ones; none: remove them. */
  show(lines: readonly string[]): void {
    const { width, lines: most } = this.room
    this.#stream.cork()
    this.#clear()
    // printable first: that changes the width
    this.#lines = lines.slice(0, most).map((line) => printable(line).slice(0, width))
    this.#draw()
    this.#stream.uncork()
  }

  /** The same output, if it may be the same terminal: what is written there appears above. */
  above(output: Output): Output {
    return {
      write: (data) => {
        if (data.length === 0) return undefined
        this.#clear()
        const taken = output.write(data)
        this.#isMidLine = !endsLine(data)
        this.#draw()
        return taken
      },
    }
  }

  #clear(): void {
    if (this.#drawn === 0) return
    // loaded only when lines are shown
    const { clearScreenDown, moveCursor } = process.getBuiltinModule('node:readline')
    moveCursor(this.#stream, 0, -this.#drawn)
    this.#stream.write('\r')
    clearScreenDown(this.#stream)
    this.#drawn = 0
  }

  #draw(): void {
    if (this.#isMidLine || this.#lines.length === 0) return
    this.#stream.write(`${this.#lines.join('\n')}\n`)
    this.#drawn = this.#lines.length
  }
}

function known(count: number | undefined, fallback: number): number {
  return count !== undefined && count > 0 ? count : fallback
}

function endsLine(data: string | Uint8Array): boolean {
  return typeof data === 'string' ? data.endsWith('\n') : data.at(-1) === 10
}
