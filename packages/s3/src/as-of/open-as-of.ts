import { parseMoment, Z3Error } from '@z3/core'
import type { ObjectStore } from '../object-store.js'
import { AsOfStore } from './as-of-store.js'

/** The clocks of this host and the server may differ by so much, milliseconds. */
const TOLERANCE = 60_000

/** Which past of a store is meant. */
export interface AsOf {
  /** As `parseMoment` reads it; an age counts from the current time of the server. */
  readonly time: string
  /** Told what may be missing, and why. */
  readonly onNote: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Open a store as it was at a time, and close it if that fails.
 *
 * @throws Z3Error `usage`; `config` if nothing is kept; those of the store
 */
export async function openAsOf(
  store: ObjectStore,
  { time: text, onNote, signal }: AsOf,
): Promise<AsOfStore> {
  try {
    const momentAt = parseMoment('--as-of', text)
    const { versions, title } = store
    if (!versions) {
      throw new Z3Error('config', `--as-of: ${title} has no versions`, {
        hint: 'Only a bucket with versioning keeps what was replaced or deleted.',
      })
    }
    const status = await versions.status(signal)
    const now = store.now()
    const ahead = now.getTime() - Date.now()
    if (Math.abs(ahead) > TOLERANCE) {
      const seconds = Math.round(Math.abs(ahead) / 1000)
      onNote(
        `the clock of this host is ${String(seconds)} s ${ahead > 0 ? 'behind' : 'ahead of'} that of the server, which --as-of counts by`,
      )
    }
    const time = momentAt(now)
    if (status === 'off') {
      throw new Z3Error('config', `--as-of: versioning is off (${title})`, {
        hint: 'Nothing that was replaced or deleted is kept; enable versioning for the future.',
      })
    }
    if (status === undefined) {
      onNote('cannot tell whether versioning is enabled: access denied (s3:GetBucketVersioning)')
    }
    if (status === 'suspended') onNote(`versioning is suspended (${title})`)
    onNote(`showing ${title} as of ${time.toISOString()}`)
    return new AsOfStore(store, versions, time, onNote)
  } catch (error) {
    store.close()
    throw error
  }
}
