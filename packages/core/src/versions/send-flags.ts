import { Z3Error } from '../errors.js'

/**
 * The flags of `zfs send` that change the contents of a stream: zfs-send(8). All streams of a chain
 * have the same.
 */
export const SEND_FLAGS = ['w', 'L', 'e', 'c'] as const

/** A flag of `zfs send`, without its dash. */
export type SendFlag = (typeof SEND_FLAGS)[number]

/**
 * Read the `send-flags` of an object's metadata: letters without a dash, `Lc`.
 *
 * @throws Z3Error `invalid-metadata`
 */
export function parseSendFlags(text: string): readonly SendFlag[] {
  const flags = SEND_FLAGS.filter((flag) => text.includes(flag))
  if (flags.length !== text.length) {
    throw new Z3Error(
      'invalid-metadata',
      `send-flags ${JSON.stringify(text)} are not letters of ${SEND_FLAGS.join('')}, each once`,
    )
  }
  return flags
}

/** Write flags as `parseSendFlags` reads them, in one order. */
export function formatSendFlags(flags: readonly SendFlag[]): string {
  return orderSendFlags(flags).join('')
}

/** The same flags, each once, in the order of SEND_FLAGS. */
export function orderSendFlags(flags: readonly SendFlag[]): readonly SendFlag[] {
  return SEND_FLAGS.filter((flag) => flags.includes(flag))
}
