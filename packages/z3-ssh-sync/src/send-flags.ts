import { requestedFlags, type SendArguments } from '@z3/cli'
import { parseSendFlags, Z3Error, type SendFlag } from '@z3/core'

/**
 * The flags of zfs send: those that the destination was begun with, else what
 * was asked for. They are pinned, since a stream sent with others may not fit
 * what is there: zfs-send(8).
 *
 * @param kept what the destination's property says
 * @throws Z3Error `send-flags-differ` where data would go unencrypted against
 *   the wish
 */
export function chooseFlags(
  args: SendArguments,
  kept: string | undefined,
  warn: (line: string) => void,
): readonly SendFlag[] {
  const asked = requestedFlags(args)
  if (kept === undefined) return asked
  const pinned = parseSendFlags(kept)
  const missing = asked.filter((flag) => !pinned.includes(flag))
  if (missing.includes('w')) {
    throw new Z3Error(
      'send-flags-differ',
      'the first stream of the destination was not raw, and this one would not be raw either',
      { hint: 'Send to a new destination with --raw, or leave it out.' },
    )
  }
  if (missing.length > 0) {
    warn(`the destination was started without -${missing.join('')}; its first send flags are kept`)
  }
  return pinned
}
