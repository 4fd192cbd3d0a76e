import { Z3Error } from '@z3/core'

/** Set by the launchers, bin/NAME.js. */
const CLOSED = 'Z3_STDOUT_CLOSED'

/**
 * Was standard output closed (`>&-`) when the program was started? Node.js then opens /dev/null for
 * reading and writing, as others do on purpose (Python's DEVNULL, daemon(3)), so only the launcher
 * can tell. Programs that this one starts have outputs of their own: the variable is removed.
 */
export function takeClosedStdout(env: NodeJS.ProcessEnv): boolean {
  const closed = env[CLOSED] !== undefined
  Reflect.deleteProperty(env, CLOSED)
  return closed
}

/** What every write to a closed standard output means. */
export function stdoutClosed(): Z3Error {
  return new Z3Error('output-failed', 'standard output is closed', {
    hint: 'Redirect it to a file, to a pipe or to /dev/null.',
  })
}
