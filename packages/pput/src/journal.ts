import { readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { makeDirectories, xdgFile } from '@z3/cli'
import type { ObjectStore, UploadJournal, UploadRecord } from '@z3/s3'
import writeFileAtomic from 'write-file-atomic'

/** `version` of the format. */
const VERSION = 1

/**
 * The journal of the uploads of a key: a file in XDG_STATE_HOME that lasts from the second part of
 * an upload to its end, so that `--resume` finds what a run that was killed has left. Where it
 * cannot be written, the upload goes on without it.
 *
 * @param note told what failed
 * @returns undefined where there is no home
 */
export async function openJournal(
  env: NodeJS.ProcessEnv,
  { title }: Pick<ObjectStore, 'title'>,
  key: string,
  note: (line: string) => void,
): Promise<UploadJournal | undefined> {
  // a home may be shared by hosts, whose runs do not exclude each other
  const file = xdgFile(env, 'XDG_STATE_HOME', 'upload', `${hostname()}\n${title}\n${key}`)
  if (file === undefined) {
    note('without HOME or XDG_STATE_HOME, this upload cannot be resumed')
    return undefined
  }
  const attempt = async (action: () => Promise<void>) => {
    try {
      await action()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      note(`the state of the upload is not remembered: ${why}`)
    }
  }
  return {
    earlier: await readRecord(file),
    save: (record) =>
      attempt(async () => {
        await makeDirectories(dirname(file), 0o700)
        // to the disk: it is needed after a power failure, too
        const content = { version: VERSION, store: title, key, ...record }
        await writeFileAtomic(file, `${JSON.stringify(content)}\n`, { mode: 0o600 })
      }),
    clear: () => attempt(() => rm(file, { force: true })),
  }
}

/** @returns undefined: there is none, or none that is understood */
async function readRecord(file: string): Promise<UploadRecord | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    const found = (content ?? {}) as Readonly<Record<string, unknown>>
    const { version, uploadId, nonce, checksum, terms, stream } = found
    if (version !== VERSION || !isText(uploadId) || !isText(terms)) return undefined
    if (typeof checksum !== 'boolean') return undefined
    return {
      ...{ uploadId, checksum, terms },
      ...(isText(nonce) && { nonce }),
      ...(isText(stream) && { stream }),
    }
  } catch {
    // it costs time alone: the upload begins anew
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
