import { Z3Error } from '@z3/core'
import type { Source } from '@z3/s3'
import { StreamCheck } from '@z3/zstream'

/**
 * A ZFS send stream that is verified while it is read. `fill` fails as soon as damage is found, and
 * at the end if the stream is incomplete.
 */
export class CheckedSource implements Source {
  readonly size: number | undefined
  readonly #source: Source
  readonly #check = new StreamCheck()
  #isOver = false

  constructor(source: Source) {
    this.#source = source
    this.size = source.size
  }

  async fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number> {
    if (this.#isOver) return 0
    let fail: (error: unknown) => void = () => undefined
    const damaged = new Promise<never>((_, reject) => {
      fail = reject
    })
    const filled = await Promise.race([
      this.#source.fill(into, (chunk) => {
        onChunk(chunk)
        // called from inside a socket, which must not get our error
        try {
          this.#check.update(chunk)
        } catch (error) {
          fail(explain(error))
        }
      }),
      damaged,
    ])
    if (filled < into.byteLength) {
      this.#isOver = true
      try {
        this.#check.end()
      } catch (error) {
        throw explain(error)
      }
    }
    return filled
  }

  close(): void {
    this.#source.close()
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof Z3Error) || error.code !== 'not-a-stream') return error
  return new Z3Error(error.code, error.message, {
    hint: 'Use --zfs only for the uncompressed output of zfs send.',
    cause: error,
  })
}
