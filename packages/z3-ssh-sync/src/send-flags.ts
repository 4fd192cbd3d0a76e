import { requestedFlags, type SendArguments } from '@z3/cli'
import { parseSendFlags, Z3Error, type SendFlag } from '@z3/core'

/**
 * The flags of zfs send: those of the first stream to the destination, else the requested ones.
 * They are pinned, since a stream with other flags may not match the existing data: zfs-send(8).
 *
 * @param kept value of the destination's property
 * @throws Z3Error `send-flags-differ` if data would be sent unencrypted although --raw is requested
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
      'the first stream to the destination was not raw, so this one cannot be raw',
      { hint: 'Send to a new destination with --raw, or omit --raw.' },
    )
  }
  if (missing.length > 0) {
    warn(`ignoring -${missing.join('')}: the first stream to the destination did not use it`)
  }
  return pinned
}
