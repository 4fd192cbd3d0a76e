import { progressOutput, type Io } from '@z3/cli'
import { humanSize } from '@z3/core'
import { createProgress } from '@z3/pipeline'
import { ByteGauge, type ObjectInfo } from '@z3/s3'

/** The progress of one download. */
interface DownloadProgress {
  /** Counts what arrives; undefined: nobody asks. */
  readonly gauge: ByteGauge | undefined
  readonly onWritten: (bytes: number) => void
  readonly end: () => void
}

/**
 * Show progress: on a terminal the bytes that have arrived, in one line that is redrawn, elsewhere a
 * line for each written range.
 */
export function openProgress(
  { key, size }: ObjectInfo,
  io: Io,
  isWanted: boolean,
): DownloadProgress {
  const shown = isWanted ? progressOutput('always', io, 'z3-get') : undefined
  if (shown?.kind !== 'live') {
    return { gauge: undefined, onWritten: shown ? lines(size, io) : ignore, end: ignore }
  }
  const gauge = new ByteGauge()
  const progress = createProgress(undefined, [shown])
  progress.begin(key, () => gauge.bytes, size, { isExact: true })
  return {
    gauge,
    onWritten: ignore,
    end: () => {
      progress.end()
    },
  }
}

function lines(size: number, io: Io): (bytes: number) => void {
  let done = 0
  return (bytes) => {
    done += bytes
    const percent = size > 0 ? Math.floor((done * 100) / size) : 100
    io.stderr.write(`${humanSize(done)} of ${humanSize(size)} (${String(percent)} %)\n`)
  }
}

function ignore(): void {
  // no progress
}
