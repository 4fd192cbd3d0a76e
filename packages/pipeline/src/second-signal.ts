/** Signals that ask a run to end (cli's watchSignals). */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Be called when a run that is ending is asked once more to end: before the
 * listeners that are there already, the last of which may end the process.
 *
 * @returns stop it
 */
export function onSecondSignal(act: () => void): () => void {
  for (const signal of ENDING) process.prependListener(signal, act)
  return () => {
    for (const signal of ENDING) process.removeListener(signal, act)
  }
}
