import { Z3Error } from '@z3/core'
import type { World } from './world.js'

/**
 * Do something of one dataset among others: where it fails that is told, and the
 * run goes on.
 *
 * @param title what it is about, as messages begin
 * @returns why it failed
 * @throws Z3Error with --debug; what is no Z3Error; the signal's reason
 */
export async function attempt(
  { log, signal, stopsAtFirst }: World,
  title: string,
  work: () => Promise<void>,
): Promise<Z3Error | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error) || stopsAtFirst) throw error
    log.error(`${title}: ${error.message}`, error.hint)
    return error
  }
}
