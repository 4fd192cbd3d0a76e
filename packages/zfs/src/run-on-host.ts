import type { Command } from '@z3/core'
import { runPipeline } from '@z3/pipeline'
import type { Host } from './host.js'
import { zfsPath } from './zfs-path.js'

export interface RunOnHostOptions {
  readonly env: NodeJS.ProcessEnv
  /** Ends the command. */
  readonly signal: AbortSignal
  /**
   * Called with the lines that the command writes: those on stderr as they come,
   * those on stdout (the last MiB) when it has succeeded.
   */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Run a command of the user's own on a host, standard input empty.
 *
 * @throws Z3Error `stage-failed`, with its status and what it said last;
 *   `program-missing`; `ssh-failed` when the host was lost
 * @throws the signal's reason
 */
export async function runOnHost(
  host: Host,
  command: Command,
  { env, signal, onLine }: RunOnHostOptions,
): Promise<void> {
  try {
    const { stdout } = await runPipeline(host.stages([command]), {
      env: { ...env, PATH: zfsPath(env) },
      signal,
      captureStdout: onLine !== undefined,
      onStderr: (_stage, line) => onLine?.(line),
    })
    for (const line of stdout.split('\n')) if (line !== '') onLine?.(line)
  } catch (error) {
    signal.throwIfAborted()
    throw (await host.lost()) ?? error
  }
}
