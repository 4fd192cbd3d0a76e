import { spawn } from 'node:child_process'
import type { Command } from '@z3/core'

/** Enough for a listing of a million snapshots, bytes. */
const MAX_OUTPUT = 256 * 1024 * 1024

/** How a command is run. */
export interface ExecOptions {
  readonly env: NodeJS.ProcessEnv
  /** Ends the command with SIGTERM. */
  readonly signal?: AbortSignal | undefined
  /** End the command, successfully, after this many lines. */
  readonly firstLines?: number | undefined
}

/** The result of a command. */
export interface ExecResult {
  readonly stdout: string
  readonly stderr: string
  /** null if a signal ended it or it could not be started. */
  readonly code: number | null
  readonly killedBy: NodeJS.Signals | null
  /** Why it could not be run, or its output not read completely. */
  readonly error: NodeJS.ErrnoException | undefined
}

/** Run a command with an empty standard input, and collect its output. */
export function exec(
  { file, args }: Command,
  { env, signal, firstLines = Infinity }: ExecOptions,
): Promise<ExecResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env,
      // no command reads input, and none may wait for it
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let bytes = 0
    let lineEnds = 0
    let error: NodeJS.ErrnoException | undefined
    let enough = false
    // a child of the command may hold its output open and write forever
    const stop = (how: NodeJS.Signals): void => {
      child.kill(how)
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const keep = (chunks: Buffer[], chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > MAX_OUTPUT) {
        error ??= new Error(`it printed more than ${String(MAX_OUTPUT)} bytes`)
        stop('SIGKILL')
      } else chunks.push(chunk)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      keep(stdout, chunk)
      if (firstLines === Infinity) return
      lineEnds += chunk.reduce((n, byte) => (byte === 0x0a ? n + 1 : n), 0)
      if (lineEnds >= firstLines && !enough) {
        enough = true
        stop('SIGTERM')
      }
    })
    child.stderr.on('data', (chunk: Buffer) => {
      keep(stderr, chunk)
    })
    const end = (): void => {
      stop('SIGTERM')
    }
    if (signal?.aborted) end()
    signal?.addEventListener('abort', end)
    child.on('error', (cause: NodeJS.ErrnoException) => {
      error ??= cause
      // without a process there will be no 'close' event
      if (child.pid === undefined) done(null, null)
    })
    child.on('close', done)

    function done(code: number | null, killedBy: NodeJS.Signals | null): void {
      signal?.removeEventListener('abort', end)
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        code: enough ? 0 : code,
        killedBy: enough ? null : killedBy,
        error,
      })
    }
  })
}
