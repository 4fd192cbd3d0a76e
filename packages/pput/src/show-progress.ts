import { progressOutput, type Io } from '@z3/cli'
import { humanSize } from '@z3/core'
import { createProgress } from '@z3/pipeline'
import type { Source, UploadedPart } from '@z3/s3'
import { CountedSource } from './counted-source.js'

/** The progress of one upload. */
export interface UploadProgress {
  /** The source that is to be read in place of this one. */
  watch(source: Source): Source
  /** The server has acknowledged a part. */
  readonly onPart: ((part: UploadedPart) => void) | undefined
  end(): void
}

/**
 * Show progress: on a terminal the bytes read and those of the acknowledged parts, in one line that
 * is redrawn, elsewhere z3's line for each part.
 *
 * @param expected bytes of the stream, if known or estimated
 */
export function openProgress(
  key: string,
  expected: number | undefined,
  io: Io,
  isWanted: boolean,
): UploadProgress {
  const shown = isWanted ? progressOutput('always', io, 'pput') : undefined
  if (shown?.kind !== 'live') {
    const line = ({ partNumber }: UploadedPart) => {
      io.stderr.write(`\nuploaded chunk ${String(partNumber)} \n`)
    }
    return { watch: (source) => source, onPart: shown && line, end: () => undefined }
  }
  const progress = createProgress(undefined, [shown])
  let uploaded = 0
  return {
    watch: (source) => {
      const counted = new CountedSource(source)
      progress.begin(key, () => counted.bytes, expected, {
        isExact: source.size !== undefined,
        // buffers, and a slow server, are between the two
        note: () => `${humanSize(uploaded)} uploaded`,
      })
      return counted
    },
    onPart: ({ size }) => {
      uploaded += size
    },
    end: () => {
      progress.end()
    },
  }
}
