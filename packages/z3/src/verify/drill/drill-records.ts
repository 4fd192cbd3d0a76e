import {
  later,
  readDrilled,
  readRecords,
  recordsFile,
  writeRecords,
  type Context,
} from '@z3/backup'
import { Z3Error } from '@z3/core'
import type { Recorder } from '../recorder.js'

/**
 * When a drill last restored the dataset, on this host or another.
 *
 * @returns epoch seconds; undefined: not known
 * @throws Z3Error of the store
 */
export async function lastDrilled(
  { config, env, place, tell }: Context,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { drilled } = await readRecords(recordsFile(env, place), Date.now() / 1000)
  if (config.settings.MANIFEST === 'no') return drilled
  try {
    return later(drilled, await readDrilled(place, signal))
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'access-denied') throw error
    tell(`cannot list the record of the last drill of ${place.dataset}: ${error.message}`)
    return drilled
  }
}

/** Remember a drill that has restored a snapshot: here, and in the store. */
export async function recordDrill(
  context: Context,
  snapshot: string,
  recorder: Recorder,
): Promise<void> {
  const { env, place, tell } = context
  const file = recordsFile(env, place)
  const now = Math.floor(Date.now() / 1000)
  try {
    await writeRecords(file, { ...(await readRecords(file, now)), drilled: now })
  } catch (error) {
    tell(`the drill is not remembered: ${String(error)}`)
  }
  await recorder.drilled(context, snapshot)
}
