import { type SendFlag, Z3Error } from '@z3/core'
import { getProperties } from '../read/properties.js'
import type { Run } from '../run.js'
import { stderrOf } from '../zfs-error.js'

/** The interrupted stream that a token describes. */
export interface ResumeToken {
  /** Full name of the snapshot, at the source. */
  readonly toName: string
  /** Its guid, in decimal. */
  readonly toGuid: string
  /** The guid of the parent; undefined: a full stream. */
  readonly fromGuid: string | undefined
  /** Bytes of the stream already received. */
  readonly received: number
  /** Remaining bytes, as estimated by zfs; undefined if unknown. */
  readonly remaining: number | undefined
  /**
   * The flags of the original stream that shape it: zfs drops L and e if nothing in the dataset
   * needs them.
   */
  readonly flags: readonly SendFlag[]
}

/** Names in the output of `zstream token`: dmu_recv.c, receive_get_resume_token_impl. */
const FLAGS: Readonly<Record<string, SendFlag>> = {
  rawok: 'w',
  largeblockok: 'L',
  embedok: 'e',
  compressok: 'c',
}

/**
 * The token of an interrupted `receive -s`.
 *
 * @returns undefined if there is none, or this zfs cannot resume
 * @throws Z3Error `no-such-dataset`, `invalid-name`
 */
export async function resumeToken(run: Run, dataset: string): Promise<string | undefined> {
  const name = 'receive_resume_token'
  const { [name]: token } = await getProperties(run, dataset, [name])
  return token
}

/**
 * Ask the source what a token stands for; needs no permission.
 *
 * @returns undefined if the source cannot resume it: the snapshot or the parent no longer exists,
 *   or this zfs cannot read the token
 * @throws Z3Error as `zfsError` returns for other failures
 */
export async function describeToken(run: Run, token: string): Promise<ResumeToken | undefined> {
  checkToken(token)
  try {
    return parse(await run(['send', '-nvP', '-t', token], { withStderr: true }))
  } catch (error) {
    if (/^cannot resume send: /m.test(stderrOf(error) ?? '')) return undefined
    throw error
  }
}

/**
 * Discard the partial data of an interrupted receive; a first receive also loses the dataset.
 *
 * @throws Z3Error `no-such-dataset`, `not-permitted`, `zfs-failed`
 */
export async function abortReceive(run: Run, dataset: string): Promise<void> {
  await run(['receive', '-A', dataset])
}

/**
 * Check the form of a token (zfs_send_resume_token_to_nvlist): version, checksum, length, data. It
 * comes from another host.
 *
 * @throws Z3Error `zfs-failed`
 */
export function checkToken(token: string): void {
  if (/^\d+(?:-[0-9a-f]+){3}$/.test(token)) return
  throw new Z3Error('zfs-failed', `invalid resume token: ${JSON.stringify(token)}`)
}

function parse(text: string): ResumeToken {
  const toName = /^\s+toname = (.+)$/m.exec(text)?.[1]
  const toGuid = number(text, 'toguid')
  const received = number(text, 'bytes')
  if (
    toName === undefined ||
    toGuid === undefined ||
    received === undefined ||
    !Number.isSafeInteger(Number(received))
  ) {
    throw new Z3Error(
      'zfs-failed',
      `unexpected output of zfs for a resume token: ${JSON.stringify(text.slice(0, 500))}`,
      { hint: "Report it, with the output of 'zfs version'." },
    )
  }
  const remaining = Number(/^size\t(\d+)$/m.exec(text)?.[1])
  return {
    toName,
    toGuid: String(toGuid),
    fromGuid: number(text, 'fromguid')?.toString(),
    received: Number(received),
    remaining: Number.isSafeInteger(remaining) ? remaining : undefined,
    flags: Object.entries(FLAGS).flatMap(([name, flag]) =>
      number(text, name) === 1n ? [flag] : [],
    ),
  }
}

function number(text: string, name: string): bigint | undefined {
  const value = new RegExp(`^\\s+${name} = (0x[0-9a-f]+|\\d+)$`, 'm').exec(text)
  return value?.[1] === undefined ? undefined : BigInt(value[1])
}
