import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { AbortError } from 'p-retry'
import { checkObject, ownerOf } from './check-object.js'
import type { Clock } from './clock.js'
import { completedUnchecked, completionUnknown, mayStand } from './completion-errors.js'
import { crc32ToBase64 } from './crc32-base64.js'
import { grace } from './grace.js'
import { mayBeUnderWay } from './may-be-under-way.js'
import type { SentObject } from './mismatch.js'
import type { ObjectInfo, UploadedPart } from './object-store.js'
import { objectExists, refuseExisting } from './refuse-existing.js'
import type { S3Connection, SendOptions } from './s3-connection.js'
import { errorName, httpStatus } from './s3-error.js'

/** What there is to complete. */
export interface Completion {
  readonly key: string
  readonly uploadId: string
  readonly overwrite: boolean
  readonly parts: readonly UploadedPart[]
  readonly sent: SentObject
  /** How long a doubt may last, milliseconds. */
  readonly patience: number
  /** First pause between two looks, milliseconds. */
  readonly firstDelay: number
  readonly clock: Clock
  readonly onNote: (line: string) => void
}

/** How long a Complete may go on once a signal has come, milliseconds. */
const GRACE = 6_000

/** How long the look behind that may take, milliseconds. */
const LAST_LOOK = 2_000

/** Looks at an object that the server has said is complete, or never was. */
const LOOKS = 5

/** Longest pause between two looks, milliseconds. */
const LONGEST_PAUSE = 30_000

/**
 * Complete an upload and look at its object. A Complete whose reply is lost may
 * have been carried out, or may be under way for minutes: the object is looked
 * for until the deadline, and what is not known is said.
 *
 * @throws Z3Error `object-exists`, `object-changed`, `size-mismatch`,
 *   `checksum-mismatch`; `completed-unchecked` and `completion-unknown`, after
 *   which the upload must not be aborted
 */
export async function completeUpload(
  s3: S3Connection,
  completion: Completion,
  signal?: AbortSignal,
): Promise<ObjectInfo> {
  if (!completion.overwrite && !s3.profile.atomicComplete) {
    // not every server heeds If-None-Match: ask as late as can be
    await refuseExisting(s3, completion.key, signal)
  }
  signal?.throwIfAborted()
  const bounded = grace(signal, GRACE, completion.clock)
  try {
    return await new Completing(s3, completion, bounded.signal).run()
  } finally {
    bounded.end()
  }
}

class Completing {
  readonly #s3: S3Connection
  readonly #of: Completion
  readonly #signal: AbortSignal
  /** An attempt got no answer: it may have been, or may be, carried out. */
  #lost = false
  #conditional: boolean
  /** When the first attempt failed. */
  #failing: number | undefined

  constructor(s3: S3Connection, of: Completion, signal: AbortSignal) {
    this.#s3 = s3
    this.#of = of
    this.#signal = signal
    this.#conditional = !of.overwrite
  }

  async run(): Promise<ObjectInfo> {
    const { key, sent, overwrite, onNote } = this.#of
    const { info, replied } = await this.#complete()
    const owner = ownerOf(info, sent, replied)
    if (owner === 'another') throw replaced(this.#s3, key)
    let note: string | undefined
    try {
      note = await checkObject(this.#s3, info, sent, overwrite, this.#signal)
    } catch (error) {
      if (error instanceof Z3Error && error.code.endsWith('-mismatch')) {
        throw error
      }
      throw completedUnchecked(key, sent.size, this.#reason(error))
    }
    if (note !== undefined) onNote(note)
    return info.size === sent.size ? info : { ...info, size: sent.size }
  }

  /** On return the object was seen after Complete was carried out. */
  async #complete(): Promise<{ info: ObjectInfo; replied?: string }> {
    const { key, sent, clock, patience } = this.#of
    const doing = `complete the upload of '${key}'`
    let found: ObjectInfo | undefined
    let asked = false
    const attempt = async (options: SendOptions) => {
      // an earlier attempt may have succeeded and only its reply been lost
      if (asked) found = await this.#ours()
      if (found) return undefined
      asked = true
      try {
        return await this.#send(options)
      } catch (error) {
        // looks succeed meanwhile where an older object stands, so that the
        // repetitions would never end
        const since = clock.now() - (this.#failing ?? clock.now())
        if (since > patience) throw new AbortError(error as Error)
        throw error
      }
    }
    let reply: CompleteMultipartUploadCommandOutput | undefined
    try {
      reply = await this.#s3.sendRaw(doing, attempt, this.#signal)
    } catch (error) {
      if (mayStand(error)) throw error
      return { info: await this.#settle(doing, error) }
    }
    const replied = reply?.ETag ?? ''
    if (found) return { info: found, replied }
    const last = await this.#look(LOOKS, (info) => info !== undefined)
    if (last.info) return { info: last.info, replied }
    throw completedUnchecked(key, sent.size, last.error)
  }

  async #send(options: SendOptions): Promise<CompleteMultipartUploadCommandOutput> {
    const { clock } = this.#of
    try {
      return await this.#s3.withPatience((client) => client.send(this.#command(), options))
    } catch (error) {
      if (this.#conditional && httpStatus(error) === 501) {
        this.#conditional = false
        await refuseExisting(this.#s3, this.#of.key, this.#signal)
        return await this.#send(options)
      }
      this.#lost ||= mayBeUnderWay(error)
      this.#failing ??= clock.now()
      throw error
    }
  }

  /** After the last attempt: does the object stand all the same? */
  async #settle(doing: string, error: unknown): Promise<ObjectInfo> {
    const { key, clock, patience } = this.#of
    const deadline = clock.now() + patience
    // a refusal, too, may come from a proxy when the server has long done it
    const last = await this.#look(
      LOOKS,
      (info) => info !== undefined && this.#isOurs(info),
      this.#lost ? deadline : undefined,
    )
    if (last.info && this.#isOurs(last.info)) return last.info
    if (this.#lost) {
      const atLast = this.#signal.aborted ? await this.#lastLook() : undefined
      if (atLast) return atLast
      const why = last.info ? new Error('another object stands there') : error
      throw completionUnknown(key, this.#reason(why))
    }
    if (this.#signal.aborted) throw this.#signal.reason
    if (last.info && isConflict(error)) throw objectExists(this.#s3, key, error)
    if (last.info && ownerOf(last.info, this.#of.sent, '') === 'unknown') {
      throw completionUnknown(key, this.#reason(error))
    }
    // the request was refused, and whether it was is not in doubt
    if (last.absent || isConflict(error)) {
      throw this.#s3.explain(error, doing)
    }
    throw completionUnknown(key, this.#reason(error))
  }

  /** @returns the object if it is ours; undefined while there is a doubt */
  async #ours(): Promise<ObjectInfo | undefined> {
    try {
      const info = await this.#s3.head(this.#of.key, this.#signal)
      return this.#isOurs(info) ? info : undefined
    } catch {
      // Complete is asked again, and answers for itself
      return undefined
    }
  }

  /** Once more, when there is no time left to wait. */
  async #lastLook(): Promise<ObjectInfo | undefined> {
    const { key, clock } = this.#of
    const bounded = grace(AbortSignal.abort(), LAST_LOOK, clock)
    try {
      const info = await this.#s3.head(key, bounded.signal)
      return this.#isOurs(info) ? info : undefined
    } catch {
      return undefined
    } finally {
      bounded.end()
    }
  }

  #isOurs(info: ObjectInfo): boolean {
    return ownerOf(info, this.#of.sent, '') === 'ours'
  }

  /**
   * Look at the key until what is there satisfies: a 404 may be stale, and a
   * refusal a moment's.
   *
   * @param looks at least, without a deadline at most
   */
  async #look(
    looks: number,
    satisfies: (info: ObjectInfo | undefined) => boolean,
    deadline?: number,
  ): Promise<{ info?: ObjectInfo; absent?: boolean; error?: unknown }> {
    const { key, clock, firstDelay } = this.#of
    let last: { info?: ObjectInfo; absent?: boolean; error?: unknown }
    let pause = firstDelay
    for (let look = 1; ; look++) {
      try {
        last = { info: await this.#s3.head(key, this.#signal) }
      } catch (error) {
        const absent = error instanceof Z3Error && error.code === 'no-such-key'
        last = { absent, error }
        // it was repeated for as long as that may help
        if (!absent && !isRefusal(error) && deadline === undefined) return last
      }
      if (satisfies(last.info)) return last
      const over = deadline === undefined ? look >= looks : clock.now() >= deadline
      if (over || this.#signal.aborted) return last
      try {
        await clock.sleep(pause, this.#signal)
      } catch {
        return last
      }
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    }
  }

  /** Why something is not known: the signal, where it came first. */
  #reason(error: unknown): unknown {
    return this.#signal.aborted ? this.#signal.reason : error
  }

  #command(): CompleteMultipartUploadCommand {
    const { key, uploadId, parts, sent } = this.#of
    return new CompleteMultipartUploadCommand({
      Bucket: this.#s3.bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: {
        Parts: parts.map(({ partNumber, etag, crc32 }) => ({
          PartNumber: partNumber,
          ETag: etag,
          ...(crc32 === undefined ? {} : { ChecksumCRC32: crc32ToBase64(crc32) }),
        })),
      },
      ...(sent.crc32 === undefined
        ? {}
        : {
            ChecksumType: 'FULL_OBJECT',
            ChecksumCRC32: crc32ToBase64(sent.crc32),
            MpuObjectSize: sent.size,
          }),
      ...(this.#conditional ? { IfNoneMatch: '*' } : {}),
    })
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Z3Error && error.code !== 'store-unavailable'
}

function isConflict(error: unknown): boolean {
  return httpStatus(error) === 412 || errorName(error) === 'ConditionalRequestConflict'
}

function replaced(s3: S3Connection, key: string): Z3Error {
  return new Z3Error(
    'object-changed',
    `'${key}' was completed, and another upload has replaced it since (${s3.title})`,
    {
      hint: 'What was uploaded here is gone: see which other run writes to this key.',
    },
  )
}
