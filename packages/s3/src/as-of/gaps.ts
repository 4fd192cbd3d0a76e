import type { ObjectVersion } from '../object-info.js'

/** What a listing of versions says about the past. Times are milliseconds since the epoch. */
interface Found {
  readonly prefix: string
  /** Of any version; Infinity: there is none. */
  readonly oldest: number
  /** The oldest version that was written while versioning was enabled; Infinity: none. */
  readonly firstKept: number
  /** Keys that were written after the time without versioning. */
  readonly rewritten: number
}

type Kind = 'rewritten' | 'before' | 'empty'

/** Reports why the state of a time may not be known completely. */
export class Gaps {
  readonly #time: Date
  readonly #onNote: (line: string) => void
  readonly #told = new Set<Kind>()
  /** In any listing: versioning is of the whole bucket. */
  #firstKept = Infinity

  constructor(time: Date, onNote: (line: string) => void) {
    this.#time = time
    this.#onNote = onNote
  }

  report({ prefix, oldest, firstKept, rewritten }: Found): void {
    const time = this.#time.getTime()
    if (rewritten === 1) this.reportRewritten(`an object of '${prefix}' was`)
    else if (rewritten > 1) this.reportRewritten(`${String(rewritten)} objects of '${prefix}' were`)
    if (oldest === Infinity) return
    this.#firstKept = Math.min(this.#firstKept, firstKept)
    if (time < oldest) {
      this.#tell('empty', `the oldest version of '${prefix}' is of ${iso(oldest)}`)
    } else if (time < this.#firstKept) {
      const first = this.#firstKept
      const until = first === Infinity ? '' : ` before ${iso(first)}`
      this.#tell(
        'before',
        `nothing proves that versioning was enabled${until}: objects of '${prefix}' that were deleted without it are missing`,
      )
    }
  }

  /** @param what with its verb: `'key' was` */
  reportRewritten(what: string): void {
    this.#tell(
      'rewritten',
      `${what} written or deleted after ${this.#time.toISOString()} while versioning was off or suspended: what that replaced is missing, or shown in an older version`,
    )
  }

  /** Each kind once: a program lists many prefixes. */
  #tell(kind: Kind, line: string): void {
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.#onNote(line)
  }
}

/** Written while versioning was off or suspended, in place of another version of this kind. */
export function isUnkept({ version }: ObjectVersion): boolean {
  return version === 'null'
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
