import type { Meter } from './meter.js'
import { fitLine, totalOf } from './progress-line.js'

/** Interval between two drawings, milliseconds. */
const REDRAW = 500

/** Lines of a terminal that are redrawn in place. */
export interface LinesOfTerminal {
  show(lines: readonly string[]): void
  readonly room: { readonly width: number; readonly lines: number }
}

/** The lines of all transfers that run in this process, and of their total. */
class Board {
  readonly #lines: LinesOfTerminal
  readonly #ellipsis: string
  readonly #meters = new Set<Meter>()
  #timer: NodeJS.Timeout | undefined

  constructor(lines: LinesOfTerminal, ellipsis: string) {
    this.#lines = lines
    this.#ellipsis = ellipsis
  }

  add(meter: Meter): void {
    this.#meters.add(meter)
    this.#timer ??= setInterval(() => {
      void this.#measure()
    }, REDRAW)
    this.#draw()
  }

  remove(meter: Meter): void {
    this.#meters.delete(meter)
    if (this.#meters.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    this.#draw()
  }

  async #measure(): Promise<void> {
    await Promise.all(Array.from(this.#meters, (meter) => meter.measure()))
    // it may have ended meanwhile
    if (this.#meters.size > 0) this.#draw()
  }

  #draw(): void {
    const { width, lines } = this.#lines.room
    const readings = Array.from(this.#meters, (meter) => meter.read())
    const total = readings.length > 1 ? [totalOf(readings)] : []
    // the total is the last to go where there are more than fit
    const shown = [...readings.slice(0, Math.max(0, lines - total.length)), ...total]
    this.#lines.show(shown.map((reading) => fitLine(reading, width, this.#ellipsis)))
  }
}

const boards = new WeakMap<LinesOfTerminal, Board>()

/** The board of a terminal: several runs of pipelines share it. */
export function boardOf(lines: LinesOfTerminal, ellipsis: string): Board {
  const board = boards.get(lines) ?? new Board(lines, ellipsis)
  boards.set(lines, board)
  return board
}
