import { printable, type Io } from '@z3/cli'
import { EXIT } from '@z3/core'
import { shortReason } from './reason.js'
import { escapePath, formatLine, type ListLine } from './list/list-line.js'
import type { Entry, WalkEvents } from './list/walk.js'

const STDOUT = 1

/** A difference between a target and a list. */
export interface Failure {
  readonly path: string | undefined
  readonly chunk?: number
  readonly reason: 'differs' | 'ends-before' | 'unreadable' | 'not-listed' | 'changed'
  /** The hash of the list. */
  readonly expected?: string
  readonly actual?: string
  /** Why it cannot be read. */
  readonly error?: string
}

export interface ReportOptions {
  /** As specified. */
  readonly target: string
  readonly json: boolean
  readonly quiet: boolean
  /** A list is checked. */
  readonly checks: boolean
}

/** What a run prints: lines as it finds them, and what they add up to. */
export class Report {
  readonly #io: Io
  readonly #options: ReportOptions
  readonly #isTerminal: boolean
  #chunks = 0
  #bytes = 0
  #errors = 0
  #failures = 0
  #special = 0
  #symlinks = 0

  constructor(io: Io, options: ReportOptions) {
    this.#io = io
    this.#options = options
    this.#isTerminal = io.isTerminal(STDOUT)
  }

  /** A line of a list that is written. */
  line(line: ListLine, bytes: number): void {
    this.checked(bytes)
    const { path, chunk, sha1 } = line
    this.#print({ ...jsonPath(path), chunk, sha1 }, formatLine(line))
  }

  /** A chunk that is as listed. */
  checked(bytes: number): void {
    this.#chunks += 1
    this.#bytes += bytes
  }

  failure(failure: Failure): void {
    this.#failures += 1
    const { path, ...others } = failure
    this.#print({ ...jsonPath(path), ...others }, describe(failure))
  }

  /** A file of a list that is written cannot be read. */
  error(path: string | undefined, reason: string, chunk?: number): void {
    this.#errors += 1
    const name = path === undefined ? this.#options.target : readable(path)
    const where = chunk === undefined ? '' : ` (chunk ${String(chunk)})`
    this.#say(`${name}${where}: ${reason}`)
  }

  /** @param onError what becomes of a directory that cannot be read; default: `error` */
  walkEvents(
    onError: (path: string, reason: string) => void = (path, reason) => {
      this.error(path === '' ? undefined : path, reason)
    },
  ): WalkEvents {
    return {
      onError: (path, { message, code }) => {
        onError(path, shortReason(message, code))
      },
      onSkipped: ({ path, kind }: Entry) => {
        if (kind === 'symlink') this.#symlinks += 1
        else {
          this.#special += 1
          if (!this.#options.quiet) this.#say(`NOTE: ${readable(path)}: special file, skipped`)
        }
      },
    }
  }

  /** @returns the exit status */
  end(): number {
    const { json, target, checks } = this.#options
    const wrong = this.#failures + this.#errors
    const status = wrong === 0 ? EXIT.ok : checks ? EXIT.integrity : EXIT.failed
    if (json) {
      const total = {
        status: wrong === 0 ? 'success' : 'error',
        ...(wrong === 0 ? {} : { code: checks ? 'checksum-mismatch' : 'input-failed' }),
        target,
        chunks: this.#chunks,
        bytes: this.#bytes,
        ...(checks ? { failures: this.#failures } : { errors: this.#errors }),
        skipped: { symlinks: this.#symlinks, special: this.#special },
      }
      this.#io.stdout.write(`${JSON.stringify(total)}\n`)
    } else if (wrong > 0) {
      const problem = checks ? 'differences from the list' : 'errors: the list is incomplete'
      this.#say(
        `${String(this.#chunks)} chunks ${checks ? 'match' : 'hashed'}, ${String(wrong)} ${problem}`,
      )
    }
    return status
  }

  #print(json: object, text: string): void {
    const { stdout } = this.#io
    if (this.#options.json) stdout.write(`${JSON.stringify(json)}\n`)
    // a tab is printable here: it separates columns
    else if (this.#isTerminal)
      stdout.write(`${readable(text).split('\t').map(printable).join('\t')}\n`)
    else stdout.write(Buffer.from(`${text}\n`, 'latin1'))
  }

  #say(line: string): void {
    this.#io.stderr.write(`z3-check: ${printable(line)}\n`)
  }
}

/** zfs-check's lines, for a chunk with a hash. */
function describe({ path, chunk, reason, expected = '', actual, error }: Failure): string {
  const start = path === undefined ? '' : `${escapePath(path)}: `
  if (chunk === undefined) {
    const text = reason === 'changed' ? 'changed while it was read' : (error ?? 'not in the list')
    return `${start}${text}`
  }
  if (reason === 'not-listed') return `${start}Chunk ${String(chunk)} is not in the list`
  const got = actual ?? (error === undefined ? 'EOF' : `ERROR: ${error}`)
  return `${start}Chunk ${String(chunk)} failed: ${expected} ${got}`
}

/** Bytes as text for people. */
function readable(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString()
}

/** A path that is not UTF-8 is also given in full. */
function jsonPath(path: string | undefined): object {
  if (path === undefined) return {}
  const bytes = Buffer.from(path, 'latin1')
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes)
    ? { path: text }
    : { path: text, pathBase64: bytes.toString('base64') }
}
