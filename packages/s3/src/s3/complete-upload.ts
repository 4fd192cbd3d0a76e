import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
} from '@aws-sdk/client-s3'
import { Z3Error, type ErrorCode } from '@z3/core'
import { AbortError } from 'p-retry'
import { checkObject, ownerOf, type SentObject } from './check-object.js'
import { grace, type Clock } from '../clock.js'
import { completedUnchecked, objectExists } from '../upload-errors.js'
import { crc32ToBase64 } from '../crc32.js'
import { hasObject, headObject } from './head-object.js'
import { lookAtOnce, lookForObject, type Place } from './look-for-object.js'
import { httpStatus, mayBeUnderWay, wasSent } from './connection/s3-error.js'
import type { ObjectInfo, UploadedPart } from '../object-store.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'
import { settleCompletion } from './settle-completion.js'
import { waitForOthers } from './wait-for-others.js'

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

/** What the check of an object says of the object, not of the check. */
const VERDICTS: readonly ErrorCode[] = ['size-mismatch', 'checksum-mismatch', 'checksum-missing']

/** How long a Complete may go on once a signal has come, milliseconds. */
const GRACE = 6_000

/**
 * Complete an upload and look at its object. A Complete whose reply is lost may
 * have been carried out, or may be under way for minutes: the object is looked
 * for until the deadline, and what is not known is said.
 *
 * @throws Z3Error `object-exists`, `object-changed`, `size-mismatch`,
 *   `checksum-mismatch`; `checksum-missing`, `completed-unchecked` and
 *   `completion-unknown`, after which the upload must not be aborted
 */
export async function completeUpload(
  s3: S3Connection,
  completion: Completion,
  signal?: AbortSignal,
): Promise<ObjectInfo> {
  if (!completion.overwrite && !s3.profile.atomicComplete) {
    // not every server heeds If-None-Match: ask as late as can be
    if (await hasObject(s3, completion.key, signal)) throw objectExists(s3, completion.key)
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
  readonly #of: Completion
  readonly #place: Place
  /** An attempt has reached the server, as far as can be known. */
  #reached = false
  /** An attempt got no answer: it may have been, or may be, carried out. */
  #lost = false
  /** The answer of the attempt that succeeded. */
  #reply: CompleteMultipartUploadCommandOutput | undefined
  #conditional: boolean
  /** When the first attempt failed. */
  #failing: number | undefined
  /** Of the last attempt that failed. */
  #failure: unknown
  /** Servers may let others replace the object: If-None-Match may not be heeded. */
  readonly #replaceable: boolean

  constructor(s3: S3Connection, of: Completion, signal: AbortSignal) {
    const { key, clock, firstDelay, overwrite } = of
    this.#of = of
    this.#place = { s3, key, clock, firstDelay, signal }
    this.#conditional = !overwrite
    this.#replaceable = !overwrite && !s3.profile.atomicComplete
  }

  async run(): Promise<ObjectInfo> {
    const { sent, uploadId, overwrite, onNote } = this.#of
    const { s3, key, signal } = this.#place
    const found = await this.#complete()
    const others = this.#replaceable && (await waitForOthers(this.#place, uploadId))
    // what was seen before the wait may have been replaced
    const info = (this.#replaceable ? undefined : found) ?? (await this.#lookAtCompleted())
    if (ownerOf(info, sent, this.#reply?.ETag) === 'another') throw replaced(s3, key)
    if (others) {
      onNote(
        `another upload of '${key}' is under way: the server may let it replace this object (${s3.title})`,
      )
    }
    let note: string | undefined
    try {
      note = await checkObject(s3, info, sent, overwrite, signal)
    } catch (error) {
      if (error instanceof Z3Error && VERDICTS.includes(error.code)) throw error
      throw completedUnchecked(key, sent.size, signal.aborted ? signal.reason : error)
    }
    if (note !== undefined) onNote(note)
    return info.size === sent.size ? info : { ...info, size: sent.size }
  }

  /** @returns the object, where it was seen on the way */
  async #complete(): Promise<ObjectInfo | undefined> {
    const { sent, patience } = this.#of
    const { s3, key, clock, signal } = this.#place
    let found: ObjectInfo | undefined
    const attempt = async (options: SendOptions) => {
      if (this.#failing !== undefined) found = await this.#lookAgain()
      if (found) return
      try {
        await this.#send(options)
      } catch (error) {
        // looks succeed meanwhile where an older object stands, so that the
        // repetitions would never end
        const since = clock.now() - (this.#failing ?? clock.now())
        if (since > patience) throw new AbortError(error as Error)
        throw error
      }
    }
    try {
      await s3.sendRaw(`complete the upload of '${key}'`, attempt, signal)
      return found
    } catch (error) {
      // a signal may come right behind the answer
      if (this.#reply) return found
      if (error instanceof Z3Error && error.code === 'object-exists') throw error
      const [reached, lost] = [this.#reached, this.#lost]
      return await settleCompletion(this.#place, { sent, error, reached, lost, patience })
    }
  }

  async #send(options: SendOptions): Promise<void> {
    const { s3, key, clock, signal } = this.#place
    try {
      const reply = await s3.withPatience((client) => client.send(this.#command(), options))
      if (!isResult(reply)) throw new NoResult()
      this.#reply = reply
    } catch (error) {
      if (this.#conditional && httpStatus(error) === 501) {
        this.#conditional = false
        if (await hasObject(s3, key, signal)) throw objectExists(s3, key)
        await this.#send(options)
        return
      }
      this.#reached ||= wasSent(error)
      this.#lost ||= mayBeUnderWay(error)
      this.#failing ??= clock.now()
      this.#failure = error
      throw error
    }
  }

  /**
   * An earlier attempt may have succeeded and only its reply been lost; and another object may
   * stand there by now, which the next attempt would replace.
   *
   * @returns the object if it is ours; undefined while there is a doubt
   */
  async #lookAgain(): Promise<ObjectInfo | undefined> {
    const { s3, key, signal } = this.#place
    let info: ObjectInfo
    try {
      info = await headObject(s3, key, signal)
    } catch {
      // Complete is asked again, and answers for itself
      return undefined
    }
    const owner = ownerOf(info, this.#of.sent, '')
    if (owner === 'ours') return info
    if (owner === 'another' && this.#replaceable) {
      if (this.#lost) throw new AbortError(this.#failure as Error)
      throw objectExists(s3, key, this.#failure)
    }
    return undefined
  }

  /** The server has said that it is complete. */
  async #lookAtCompleted(): Promise<ObjectInfo> {
    const { sent } = this.#of
    const { key, signal } = this.#place
    // what was replaced may be shown for a while, as a 404 may
    const isNew = (info: ObjectInfo) => ownerOf(info, sent, this.#reply?.ETag) !== 'another'
    const { info, error } = await lookForObject(this.#place, isNew)
    const seen = info ?? (signal.aborted ? await lookAtOnce(this.#place) : undefined)
    if (seen) return seen
    throw completedUnchecked(key, sent.size, signal.aborted ? signal.reason : error)
  }

  #command(): CompleteMultipartUploadCommand {
    const { key, uploadId, parts, sent } = this.#of
    return new CompleteMultipartUploadCommand({
      Bucket: this.#place.s3.bucket,
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

/** A 200 without the result of Complete, for example a page of a proxy. */
class NoResult extends Error {
  override readonly name = 'NoResult'

  constructor() {
    super('the answer is not the result of CompleteMultipartUpload')
  }
}

function isResult(reply: CompleteMultipartUploadCommandOutput): boolean {
  // the ETag alone may be missing: radosgw 16 leaves it empty
  const { Bucket, Key, Location, ETag } = reply
  return [Bucket, Key, Location, ETag].some((field) => field)
}

function replaced(s3: S3Connection, key: string): Z3Error {
  return new Z3Error(
    'object-changed',
    `'${key}' was completed, and then replaced by another object (${s3.title})`,
    {
      hint: 'Another run has replaced it, or the server shows an old version: check the key again, and which other run writes to it.',
    },
  )
}
