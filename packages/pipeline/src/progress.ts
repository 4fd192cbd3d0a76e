import { readFile } from 'node:fs/promises'
import { humanSize } from '@z3/core'
import { SingleBar } from 'cli-progress'
import prettyMs from 'pretty-ms'

/** Interval between readings, milliseconds. */
const SAMPLE = 500

/** Interval between lines if stderr is not a terminal, milliseconds. */
const LINE_EVERY = 10_000

/** The progress of a run. */
export interface Progress {
  /**
   * @param name of the snapshot
   * @param pid of the process that reads the stream. On Linux, /proc/PID/io reports the bytes
   * @param size bytes of the stream, if known
   */
  begin(name: string, pid: number | undefined, size: number | undefined): void
  end(): void
}

/**
 * Show progress on stderr without pv: bytes, rate and remaining time of the step and of all steps.
 *
 * @param expected bytes of each step, if known; undefined: the number of steps is unknown
 */
export function createProgress(
  expected: readonly (number | undefined)[] | undefined,
  stream: NodeJS.WritableStream = process.stderr,
): Progress {
  const steps = expected?.length
  const total = (expected ?? []).reduce<number>((sum, n) => sum + (n ?? 0), 0)
  let step = -1
  let finished = 0
  let bar: SingleBar | undefined
  let timer: NodeJS.Timeout | undefined
  let current: number | undefined
  return {
    begin: (name, pid, size) => {
      step += 1
      current = size
      const started = Date.now()
      let done: number | undefined
      const line = () =>
        progressLine({
          name: steps === undefined ? name : `${name} (${String(step + 1)}/${String(steps)})`,
          done,
          size,
          seconds: (Date.now() - started) / 1000,
          share:
            (steps ?? 0) > 1 && total > 0 && done !== undefined
              ? (finished + Math.min(done, size ?? 0)) / total
              : undefined,
        })
      const shown = new SingleBar({
        stream,
        format: line,
        clearOnComplete: true,
        hideCursor: true,
        noTTYOutput: true,
        notTTYSchedule: LINE_EVERY,
      })
      shown.start(1, 0)
      bar = shown
      timer = setInterval(() => {
        void bytesRead(pid ?? 0).then((bytes) => {
          done = bytes ?? done
          if (bar === shown) shown.update(0)
        })
      }, SAMPLE)
    },
    end: () => {
      clearInterval(timer)
      finished += current ?? 0
      bar?.stop()
      bar = undefined
    },
  }
}

/** One line: bytes, rate and remaining time. */
export function progressLine({
  name,
  done,
  size,
  seconds,
  share,
}: {
  readonly name: string
  /** Bytes; undefined if unknown. */
  readonly done: number | undefined
  /** Estimated bytes of the whole. */
  readonly size: number | undefined
  readonly seconds: number
  /** Of all steps, from 0 to 1. */
  readonly share: number | undefined
}): string {
  const parts = [name]
  if (done !== undefined) {
    const of = size === undefined ? '' : ` of about ${humanSize(size)}`
    parts.push(`${humanSize(done)}${of}`)
    const rate = done / Math.max(seconds, 1)
    parts.push(`${humanSize(Math.round(rate))}/s`)
    // before that, the start of the programs distorts the rate
    if (size !== undefined && rate > 0 && size > done && seconds >= 3) {
      parts.push(`${duration((size - done) / rate)} left`)
    }
  }
  parts.push(duration(seconds))
  if (share !== undefined) parts.push(`all: ${(share * 100).toFixed(0)} %`)
  return parts.join('  ')
}

function duration(seconds: number): string {
  const whole = Math.round(seconds)
  // the library would print 0ms
  return whole === 0 ? '0s' : prettyMs(whole * 1000, { unitCount: 2 })
}

/**
 * Bytes that a process has read so far, files included: `rchar` of proc(5).
 *
 * @returns undefined if unknown: on FreeBSD, or if the process has ended or belongs to another user
 */
export async function bytesRead(pid: number): Promise<number | undefined> {
  try {
    const counters = await readFile(`/proc/${String(pid)}/io`, 'utf8')
    const rchar = /^rchar: (?<bytes>\d+)$/m.exec(counters)?.groups?.['bytes']
    return rchar === undefined ? undefined : Number(rchar)
  } catch {
    return undefined
  }
}
