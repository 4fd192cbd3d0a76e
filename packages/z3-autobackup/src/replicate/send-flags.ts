import type { SendFlag } from '@z3/core'
import { hasOption, type Properties } from '@z3/zfs'
import type { AutobackupOptions } from '../options/options.js'
import type { Side } from '../world.js'

/** How to send and receive a dataset. */
export interface StreamKind {
  readonly flags: readonly SendFlag[]
  /** `zfs send -p` */
  readonly properties: boolean
  /** Additional words for zfs receive. */
  readonly receive: readonly string[]
}

/** Properties that a target which encrypts must not take from the source. */
const OF_ENCRYPTION = ['keylocation', 'pbkdf2iters', 'keyformat', 'encryption']

/**
 * Choose the flags as zfs-autobackup does: encrypted datasets are sent raw unless decryption is
 * requested; large blocks and embedded blocks are sent as they are, except to a target that
 * encrypts, which does not accept embedded ones (zfs-send(8), -e).
 */
export async function chooseStream(
  dataset: Properties,
  {
    raw,
    encrypt,
    decrypt,
    compressed,
    sendFlags,
    names: { property },
  }: Pick<AutobackupOptions, 'raw' | 'encrypt' | 'decrypt' | 'compressed' | 'sendFlags' | 'names'>,
  source: Side,
  target: Side,
): Promise<StreamKind> {
  const { encryption = 'off' } = dataset
  const isEncrypted = encryption !== 'off'
  const isRaw = raw || (isEncrypted && !decrypt)
  const encrypts = encrypt && !isRaw
  const given = sendFlags ?? (['L', ...(encrypts ? [] : (['e'] as const))] as const)
  const wanted: readonly (SendFlag | false)[] = [
    isRaw && 'w',
    ...given,
    compressed && !given.includes('c') && 'c',
  ]
  // an older zfs has no -x and keeps all properties
  const filters = await hasOption(target.read, 'receive', 'x')
  const flags: SendFlag[] = []
  for (const flag of wanted) {
    if (flag === false) continue
    // without the other flags the stream is valid, too; a raw one was requested
    if (flag === 'w' || (await hasOption(source.read, 'send', flag))) flags.push(flag)
  }
  return {
    flags,
    // encrypted datasets have properties that a decrypted one cannot have
    properties: !(isEncrypted && !isRaw),
    receive: [
      // the copy must not be selected for backup itself
      ...(filters ? ['-x', property] : []),
      ...(encrypts ? OF_ENCRYPTION.flatMap((name) => ['-x', name]) : []),
    ],
  }
}
