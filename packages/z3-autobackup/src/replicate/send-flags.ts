import type { SendFlag } from '@z3/core'
import { hasOption, type Properties } from '@z3/zfs'
import type { AutobackupOptions } from '../options/options.js'
import type { Side } from '../world.js'

/** How a dataset is sent and received. */
export interface StreamKind {
  readonly flags: readonly SendFlag[]
  /** `zfs send -p` */
  readonly properties: boolean
  /** Words for zfs receive beside those that were asked for. */
  readonly receive: readonly string[]
}

/** What a target that encrypts may not take from the source. */
const OF_ENCRYPTION = ['keylocation', 'pbkdf2iters', 'keyformat', 'encryption']

/**
 * Choose the flags, as zfs-autobackup does: encrypted datasets are sent raw,
 * unless they are to be decrypted; blocks are sent as large as they are, and
 * embedded ones as such, except where the target encrypts them, which it cannot
 * (zfs-send(8), -e).
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
  // an older zfs takes them all over
  const filters = await hasOption(target.read, 'receive', 'x')
  const flags: SendFlag[] = []
  for (const flag of wanted) {
    if (flag === false) continue
    // without them the stream is another, and good; a raw one is asked for
    if (flag === 'w' || (await hasOption(source.read, 'send', flag))) flags.push(flag)
  }
  return {
    flags,
    // encrypted ones have properties that what is decrypted cannot have
    properties: !(isEncrypted && !isRaw),
    receive: [
      // a copy is not what was selected
      ...(filters ? ['-x', property] : []),
      ...(encrypts ? OF_ENCRYPTION.flatMap((name) => ['-x', name]) : []),
    ],
  }
}
