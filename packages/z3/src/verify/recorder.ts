import { hostname } from 'node:os'
import type { Context } from '@z3/backup'
import { orAborted, version } from '@z3/cli'
import {
  drillKey,
  formatSnapshotName,
  recordKey,
  Z3Error,
  type RecordedLevel,
  type StoredSnapshot,
} from '@z3/core'

/** Writes records into the store, so that other hosts verify other objects first. */
export interface Recorder {
  /** An object was verified, and is sound. */
  verified(context: Context, object: StoredSnapshot, level: RecordedLevel): Promise<void>
  /** A drill has restored a snapshot of the dataset. */
  drilled(context: Context, snapshot: string): Promise<void>
}

/** `version` of the format. Readers use the key and the time of a record: the text is for people. */
const VERSION = 1

/**
 * @param note told once why no record can be written: with read-only keys, none is needed
 */
export function openRecorder(note: (line: string) => void, signal: AbortSignal): Recorder {
  let isRefused = false
  const isAborted = (): boolean => signal.aborted
  const write = async (
    { store, config }: Context,
    key: string,
    content: object,
    isCurrent: () => Promise<boolean>,
  ): Promise<void> => {
    if (isRefused || isAborted() || config.settings.MANIFEST === 'no') return
    // a record is about what is stored now
    if (store.asOf) return
    const text = JSON.stringify({
      version: VERSION,
      ...content,
      at: new Date().toISOString(),
      host: hostname(),
      z3: version,
    })
    try {
      if (!(await isCurrent())) return
      await orAborted(signal, store.put(key, Buffer.from(`${text}\n`), signal))
    } catch (error) {
      // what was verified before the signal is reported all the same
      if (isAborted()) return
      if (!(error instanceof Z3Error)) throw error
      isRefused = true
      note(`cannot write verification records, other hosts will not know: ${error.message}`)
    }
  }
  return {
    verified: (context, object, level) => {
      const { store, place } = context
      const { key, bytes, etag } = object
      const name = formatSnapshotName(object)
      return write(
        context,
        recordKey(place.prefix, name, level),
        { key, bytes, etag, level },
        // a record counts for the object that is there when it is written
        async () => (await store.head(key, signal)).etag === etag,
      )
    },
    drilled: (context, snapshot) =>
      write(
        context,
        drillKey(context.place.prefix, context.dataset),
        { dataset: context.dataset, snapshot, level: 'drill' },
        () => Promise.resolve(true),
      ),
  }
}
