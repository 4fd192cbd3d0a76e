import { constants } from 'node:os'
import type { Io } from '@z3/cli'
import type { Command } from '@z3/core'
import { findProgram, PipelineError, runPipeline, type StageStatus } from '@z3/pipeline'
import { zfsPath } from '@z3/zfs'
import type { Allowed } from './allow.js'
import { checkToken } from './check-token.js'
import type { Policy } from './policy.js'
import { isAboutShield } from './shield-receive.js'

/** Exit status of a shell for a program that does not exist. */
const NOT_FOUND = 127

/**
 * Variables that programs may read. Others could change their behaviour, such as GZIP and
 * ZSTD_CLEVEL, and sshd may let a client set some.
 */
const KEPT = ['HOME', 'USER', 'LOGNAME', 'TZ']

/**
 * Run an allowed request with our standard input and output, without a shell.
 *
 * @returns the exit status of the command at fault, as in a shell with `pipefail`
 * @throws NotAllowed for a token
 */
export async function runAllowed(allowed: Allowed, policy: Policy, io: Io): Promise<number> {
  const env = environment(io.env)
  if (allowed.kind === 'find') {
    const path = findProgram(allowed.program, env)
    if (path === undefined) return 1
    io.stdout.write(`${path}\n`)
    return 0
  }
  const { commands, token, checked } = allowed
  const say = (line: string): void => {
    io.stderr.write(`${line}\n`)
  }
  const missing = commands.find(({ file }) => findProgram(file, env) === undefined)
  if (missing) {
    say(`z3-ssh-sync serve: command not found: '${missing.file}'`)
    return NOT_FOUND
  }
  const [first] = commands
  if (token !== undefined && first) {
    const zfs =
      first.file === 'sudo' ? { file: 'sudo', args: ['-n', 'zfs'] } : { file: 'zfs', args: [] }
    const failure = await checkToken(zfs, token, policy.dataset, {
      env,
      signal: io.signal,
    })
    if (failure) {
      io.stderr.write(failure.stderr)
      return failure.status
    }
  }
  try {
    await runPipeline(checked ? withCheck(commands) : commands, {
      env,
      signal: io.signal,
      stdin: 'inherit',
      stdout: 'inherit',
      onStderr: (_, line) => {
        if (!isAboutShield(line)) say(line)
      },
    })
    return 0
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    const status = error.stages[error.culprit]?.status
    // the program itself has printed nothing
    if (status?.kind !== 'exited' || status.code === 0) {
      say(`z3-ssh-sync serve: ${error.message}`)
    }
    return exitStatus(status)
  }
}

/** Insert our own process before the last command: the stream does not pass through this one. */
function withCheck(commands: readonly Command[]): readonly Command[] {
  const [script = ''] = process.argv.slice(1)
  const check = {
    file: process.execPath,
    args: [script, 'serve', 'check-stream'],
  }
  return [...commands.slice(0, -1), check, ...commands.slice(-1)]
}

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(KEPT.map((name) => [name, env[name]])),
    PATH: zfsPath(env),
    LC_ALL: 'C',
  }
}

function exitStatus(status: StageStatus | undefined): number {
  switch (status?.kind) {
    case 'exited':
      // it did not read all of its input
      return status.code === 0 ? 1 : status.code
    case 'killed':
      return 128 + constants.signals[status.signal]
    case 'not-started':
      return NOT_FOUND
    case 'running':
    case undefined:
      return 1
  }
}
