import { type SendFlag, Z3Error } from '@z3/core'
import { getProperties } from '../read/properties.js'
import type { Run } from '../run.js'
import { stderrOf } from '../zfs-error.js'

/** What a token says of the stream that was cut, and what is left of it. */
export interface ResumeToken {
  /** The snapshot that was being sent, by its full name at the source. */
  readonly toName: string
  /** Its guid, in decimal. */
  readonly toGuid: string
  /** Of the snapshot or bookmark that it builds on; undefined: a full stream. */
  readonly fromGuid: string | undefined
  /** Bytes of the stream that have arrived. */
  readonly received: number
  /** Bytes that are left, as zfs estimates; undefined where it cannot tell. */
  readonly remaining: number | undefined
  /**
   * Of the flags that the stream was begun with, those that shape it: zfs drops
   * L and e where the dataset has nothing they concern.
   */
  readonly flags: readonly SendFlag[]
}

/** `zstream token` has the names: dmu_recv.c, receive_get_resume_token_impl. */
const FLAGS: Readonly<Record<string, SendFlag>> = {
  rawok: 'w',
  largeblockok: 'L',
  embedok: 'e',
  compressok: 'c',
}

/**
 * The token of a receive with `-s` that was interrupted.
 *
 * @returns undefined where none was, or where this zfs cannot resume
 * @throws Z3Error `no-such-dataset`, `invalid-name`
 */
export async function resumeToken(run: Run, dataset: string): Promise<string | undefined> {
  const name = 'receive_resume_token'
  const { [name]: token } = await getProperties(run, dataset, [name])
  return token
}

/**
 * What a token stands for, asked of the source, which needs no permission.
 *
 * @returns undefined when the source cannot resume it: what it was to send is
 *   gone, or the token is not one that this zfs reads
 * @throws Z3Error as `zfsError` has it, for other failures
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
 * Drop what an interrupted receive has saved; where it was the first receive,
 * the dataset goes with it.
 *
 * @throws Z3Error `no-such-dataset`, `not-permitted`, `zfs-failed`
 */
export async function abortReceive(run: Run, dataset: string): Promise<void> {
  await run(['receive', '-A', dataset])
}

/**
 * Check that a word has the form of a token (zfs_send_resume_token_to_nvlist):
 * version, checksum, length, data. It comes from another host.
 *
 * @throws Z3Error `zfs-failed`
 */
export function checkToken(token: string): void {
  if (/^\d+(?:-[0-9a-f]+){3}$/.test(token)) return
  throw new Z3Error(
    'zfs-failed',
    `this is no token of an interrupted receive: ${JSON.stringify(token)}`,
  )
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
      `unexpected answer of zfs about a resume token: ${JSON.stringify(text.slice(0, 500))}`,
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
