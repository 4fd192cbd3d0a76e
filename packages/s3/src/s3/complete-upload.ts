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
import type { ObjectInfo } from '../object-info.js'
import type { UploadedPart } from '../multipart-upload.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'
import { settleCompletion } from './settle-completion.js'
import { waitForOthers } from './wait-for-others.js'

/** An upload to complete. */
export interface Completion {
  readonly key: string
  readonly uploadId: string
  readonly overwrite: boolean
  readonly parts: readonly UploadedPart[]
  readonly sent: SentObject
  /** How long to resolve a doubt, milliseconds. */
  readonly patience: number
  /** First pause between two checks, milliseconds. */
  readonly firstDelay: number
  readonly clock: Clock
  readonly onNote: (line: string) => void
}

/** Errors about the object, not about the check. */
const VERDICTS: readonly ErrorCode[] = ['size-mismatch', 'checksum-mismatch', 'checksum-missing']

/** How long a Complete may continue after a signal, milliseconds. */
const GRACE = 6_000

/**
 * Complete an upload and check its object. If the response is lost, Complete may have succeeded or
 * may continue for minutes: the object is looked up until the deadline, and an unknown result is
 * reported as such.
 *
 * @throws Z3Error `object-exists`, `object-changed`, `size-mismatch`, `checksum-mismatch`;
 *   `checksum-missing`, `completed-unchecked` and `completion-unknown`, after which the upload must
 *   not be aborted
 */
export async function completeUpload(
  s3: S3Connection,
  completion: Completion,
  signal?: AbortSignal,
): Promise<ObjectInfo> {
  if (!completion.overwrite && !s3.profile.atomicComplete) {
    // some servers ignore If-None-Match: check as late as possible
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
  /** An attempt has reached the server, as far as known. */
  #reached = false
  /** An attempt got no response: it may have succeeded, or still succeed. */
  #lost = false
  /** The response of the successful attempt. */
  #reply: CompleteMultipartUploadCommandOutput | undefined
  #conditional: boolean
  /** When the first attempt failed. */
  #failing: number | undefined
  /** The error of the last attempt. */
  #failure: unknown
  /** The server may let others replace the object, since it may ignore If-None-Match. */
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
    // an object seen before the wait may have been replaced
    const info = (this.#replaceable ? undefined : found) ?? (await this.#lookAtCompleted())
    if (ownerOf(info, sent, this.#reply?.ETag) === 'another') throw replaced(s3, key)
    if (others) {
      onNote(`another upload of '${key}' is in progress and may replace this object (${s3.title})`)
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

  /** @returns the object, if it was seen meanwhile */
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
        // lookups succeed in between if an older object exists, so the attempts would never end
        const since = clock.now() - (this.#failing ?? clock.now())
        if (since > patience) throw new AbortError(error as Error)
        throw error
      }
    }
    try {
      await s3.sendRaw(`complete the upload of '${key}'`, attempt, signal)
      return found
    } catch (error) {
      // a signal may arrive right after the response
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
   * An earlier attempt may have succeeded although its response was lost; and another object may
   * exist by now, which the next attempt would replace.
   *
   * @returns the object if it is ours; undefined in case of doubt
   */
  async #lookAgain(): Promise<ObjectInfo | undefined> {
    const { s3, key, signal } = this.#place
    let info: ObjectInfo
    try {
      info = await headObject(s3, key, signal)
    } catch {
      // the next attempt of Complete decides
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

  /** Check the object after a successful Complete. */
  async #lookAtCompleted(): Promise<ObjectInfo> {
    const { sent } = this.#of
    const { key, signal } = this.#place
    // the replaced object may be visible for a while, like a 404
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
    super('the response is not a result of CompleteMultipartUpload')
  }
}

function isResult(reply: CompleteMultipartUploadCommandOutput): boolean {
  // only the ETag may be missing: radosgw 16 leaves it empty
  const { Bucket, Key, Location, ETag } = reply
  return [Bucket, Key, Location, ETag].some((field) => field)
}

function replaced(s3: S3Connection, key: string): Z3Error {
  return new Z3Error(
    'object-changed',
    `'${key}' was completed, and then replaced by another object (${s3.title})`,
    {
      hint: 'Another run replaced it, or the server returned an old version: check the key again, and whether another run writes to it.',
    },
  )
}
