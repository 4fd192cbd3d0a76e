import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { LastBytes, LineTail } from './output-tail.js'
import type { Patience } from './pipeline-options.js'
import type { Stage, StageStatus } from './stage.js'

/** Maximum bytes of captured standard output. */
const CAPTURED = 1024 * 1024

/** The descriptor for the commit to the last stage. */
const COMMIT_FD = 3

/** The descriptors of a stage. */
export interface Connections {
  readonly env: NodeJS.ProcessEnv
  /** Standard input: a pipe, whose other end is `stdin`, ours, or /dev/null. */
  readonly stdin: 'pipe' | 'inherit' | 'ignore'
  /** Standard output: the `stdin` of the reader, ours, kept, or /dev/null. */
  readonly stdout: Writable | 'inherit' | 'capture' | 'ignore'
  /** Standard error is the caller's; else it is read. */
  readonly showsErrors: boolean
  /** There is a descriptor 3, whose other end is `commit`. */
  readonly commits: boolean
}

/** Events of a running stage. */
export interface StageEvents {
  /** The stage ended, or could not be started. Called once, never within `start`. */
  readonly onEnd: () => void
  readonly onLine: (line: string) => void
}

/** A stage from its start to its end. */
export class StageProcess {
  readonly stage: Stage
  status: StageStatus = { kind: 'running' }
  /** Time of its observed end, milliseconds of a monotonic clock. */
  endedAt = Infinity
  /** z3 sent a signal to the stage before it ended. */
  signalled = false
  /** Resolves when it has ended and its output was read, or when it was abandoned. */
  readonly over: Promise<void>

  readonly #child: ChildProcess | undefined
  readonly #patience: Patience
  readonly #events: StageEvents
  readonly #stderr: LineTail
  readonly #stdout = new LastBytes(CAPTURED)
  #setOver: () => void = () => undefined
  #isOver = false
  #unread = 0
  #timer: NodeJS.Timeout | undefined
  /** Time of SIGTERM; -Infinity after it was sent. */
  #due = Infinity

  constructor(stage: Stage, connections: Connections, patience: Patience, events: StageEvents) {
    this.stage = stage
    this.#patience = patience
    this.#events = events
    this.#stderr = new LineTail(events.onLine)
    this.over = new Promise((resolve) => {
      this.#setOver = resolve
    })
    try {
      this.#child = start(stage, connections)
    } catch (cause) {
      // spawn throws E2BIG and others
      setImmediate(() => {
        this.#ended({ kind: 'not-started', cause: cause as Error })
      })
      return
    }
    this.#watch(this.#child)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Our end of its input. Pass it to the writer, then destroy it. */
  get stdin(): Writable | undefined {
    return this.#child?.stdin ?? undefined
  }

  /** Our end of the commit descriptor. */
  get commit(): Writable | undefined {
    // a socket, despite its type
    return (this.#child?.stdio[COMMIT_FD] ?? undefined) as Writable | undefined
  }

  get stderr(): readonly string[] {
    return this.#stderr.lines
  }

  /** The end of its captured output. */
  get stdout(): string {
    return this.#stdout.toString()
  }

  /** Send SIGTERM after a delay in milliseconds, then SIGKILL, then abandon the stage. */
  endWithin(milliseconds: number): void {
    const due = performance.now() + milliseconds
    if (!this.#isRunning() || due >= this.#due) return
    this.#due = due
    this.#after(milliseconds, () => {
      this.#due = -Infinity
      this.#send('SIGTERM')
      this.#after(this.#patience.terminated, () => {
        this.kill()
      })
    })
  }

  /** Send SIGKILL at once, then abandon the stage. */
  kill(): void {
    if (!this.#isRunning()) return
    this.#due = -Infinity
    this.#send('SIGKILL')
    this.#after(this.#patience.killed, () => {
      this.#close()
    })
  }

  #watch(child: ChildProcess): void {
    child.on('exit', (code, signal) => {
      this.#ended(signal ? { kind: 'killed', signal } : { kind: 'exited', code: code ?? NaN })
    })
    child.on('error', (cause: NodeJS.ErrnoException) => {
      // otherwise a signal could not be sent (sudo)
      if (child.pid === undefined) this.#ended({ kind: 'not-started', cause })
    })
    // the reader may be gone; exit statuses report that
    child.stdin?.on('error', () => undefined)
    this.commit?.on('error', () => undefined)
    this.#read(child.stderr, this.#stderr)
    this.#read(child.stdout, this.#stdout)
  }

  #read(stream: Readable | null, into: { push: (chunk: Buffer) => void }): void {
    if (!stream) return
    this.#unread += 1
    stream.on('data', (chunk: Buffer) => {
      into.push(chunk)
    })
    stream.on('error', () => undefined)
    stream.on('close', () => {
      this.#unread -= 1
      this.#overIfRead()
    })
  }

  #isRunning(): boolean {
    return this.status.kind === 'running' && !this.#isOver
  }

  #ended(status: StageStatus): void {
    if (this.#isOver) return
    this.status = status
    this.endedAt = performance.now()
    this.#after(this.#patience.messages, () => {
      // after a pause of the machine, pending output is read first
      setImmediate(() => {
        this.#close()
      })
    })
    this.#events.onEnd()
    this.#overIfRead()
  }

  #overIfRead(): void {
    if (this.status.kind !== 'running' && this.#unread === 0) this.#close()
  }

  /** Stop waiting, and close everything. */
  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#stderr.end()
    for (const stream of this.#child?.stdio ?? []) stream?.destroy()
    this.#child?.unref()
    this.#setOver()
  }

  #send(signal: NodeJS.Signals): void {
    if (this.#child?.kill(signal)) this.signalled = true
  }

  #after(milliseconds: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, milliseconds)
  }
}

function start(stage: Stage, connections: Connections): ChildProcess {
  const { env, stdin, stdout, showsErrors, commits } = connections
  const stdio: StdioOptions = [
    stdin,
    stdout === 'capture' ? 'pipe' : stdout,
    showsErrors ? 'inherit' : 'pipe',
    ...(commits ? (['pipe'] as const) : []),
  ]
  return spawn(stage.file, stage.args, { env, stdio })
}
