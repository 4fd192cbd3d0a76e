import { boardOf, type LinesOfTerminal } from './board.js'
import { Meter, type Counter } from './meter.js'
import { progressLine } from './progress-line.js'

/** Interval between two plain lines of a transfer, milliseconds. */
const LINE_EVERY = 60_000

/** Where progress is shown. */
export type ShownProgress =
  | { readonly kind: 'live'; readonly lines: LinesOfTerminal; readonly ellipsis: string }
  | { readonly kind: 'plain'; readonly print: (line: string) => void }

/** What else is known of a transfer. */
export interface ProgressDetails {
  /** The size is no estimate. */
  readonly isExact?: boolean | undefined
  /** Text at the end of the line. */
  readonly note?: (() => string) | undefined
}

/** The progress of transfers that run one after the other. */
export interface Progress {
  /**
   * @param name of the snapshot
   * @param counter bytes of the stream so far
   * @param size bytes of the stream, if known
   */
  begin(
    name: string,
    counter: Counter | undefined,
    size: number | undefined,
    more?: ProgressDetails,
  ): void
  end(): void
}

/**
 * Show the progress of transfers: bytes, percentage, rate and remaining time of the step and of all
 * steps.
 *
 * @param expected bytes of each step, if known; undefined: the number of steps is unknown
 * @param outputs where it is shown
 * @param lineEvery interval between plain lines, milliseconds
 */
export function createProgress(
  expected: readonly (number | undefined)[] | undefined,
  outputs: readonly ShownProgress[],
  lineEvery = LINE_EVERY,
): Progress {
  const steps = expected?.length
  const total = (expected ?? []).reduce<number>((sum, n) => sum + (n ?? 0), 0)
  const isShared = (steps ?? 0) > 1 && total > 0
  let step = -1
  let finished = 0
  let current: number | undefined
  let stops: readonly (() => void)[] = []
  return {
    begin: (name, counter, size, more) => {
      step += 1
      current = size
      const before = finished
      const meter = new Meter({
        name: steps === undefined ? name : `${name} (${String(step + 1)}/${String(steps)})`,
        ...{ counter, size, ...more },
        shareAt: (done) => (isShared ? (before + Math.min(done, size ?? 0)) / total : undefined),
      })
      stops = outputs.map((output) =>
        output.kind === 'live' ? showLive(meter, output) : showPlain(meter, output, lineEvery),
      )
    },
    end: () => {
      finished += current ?? 0
      current = undefined
      for (const stop of stops) stop()
      stops = []
    },
  }
}

type Of<K> = Extract<ShownProgress, { readonly kind: K }>

function showLive(meter: Meter, { lines, ellipsis }: Of<'live'>): () => void {
  const board = boardOf(lines, ellipsis)
  board.add(meter)
  return () => {
    board.remove(meter)
  }
}

function showPlain(meter: Meter, { print }: Of<'plain'>, every: number): () => void {
  let isOver = false
  print(progressLine(meter.read()))
  const timer = setInterval(() => {
    void meter.measure().then(() => {
      if (!isOver) print(progressLine(meter.read()))
    })
  }, every)
  return () => {
    isOver = true
    clearInterval(timer)
  }
}
