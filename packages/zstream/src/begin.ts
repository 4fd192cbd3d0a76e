import { DMU_BACKUP_MAGIC } from '@z3/core'
import type { RecordHeader } from './record.js'

/** Offset of the magic number in the first record. */
const MAGIC_AT = 8

const SUBSTREAM = 1
const PACKAGE = 2

/** `DMU_BACKUP_FEATURE_*` of OpenZFS 2.3, by bit number. */
const FEATURES: ReadonlyMap<number, string> = new Map([
  [0, 'dedup'],
  [1, 'dedupprops'],
  [2, 'sa_spill'],
  [16, 'embed_data'],
  [17, 'lz4'],
  [19, 'large_blocks'],
  [20, 'resuming'],
  [21, 'redacted'],
  [22, 'compressed'],
  [23, 'large_dnode'],
  [24, 'raw'],
  [25, 'zstd'],
  [26, 'holds'],
  [27, 'switch_to_large_blocks'],
  [28, 'longname'],
  [29, 'large_microzap'],
])

/** The first record of a stream. */
export interface Begin {
  /** `zfs send -R`, `-I`, `-p`: a list followed by streams. */
  readonly isPackage: boolean
  /** Names of `DMU_BACKUP_FEATURE_*`, in lower case. */
  readonly features: readonly string[]
  /** Bits without a name here. */
  readonly unknownFeatures: readonly number[]
  /** When the snapshot was created, epoch seconds. */
  readonly creation: number
  readonly toguid: bigint
  /** 0: a full stream. */
  readonly fromguid: bigint
  /** `dataset@snapshot`, as the sender named it. */
  readonly toname: string
}

/** @returns undefined if the header type is neither of the two */
export function readBegin(record: RecordHeader): Begin | undefined {
  if (record.u64(MAGIC_AT) !== DMU_BACKUP_MAGIC) return undefined
  const version = record.u64(16)
  const type = Number(version & 3n)
  if (type !== SUBSTREAM && type !== PACKAGE) return undefined
  const features: string[] = []
  const unknownFeatures: number[] = []
  // 30 feature bits, then reserved ones
  for (let bit = 0; bit < 62; bit += 1) {
    if (((version >> BigInt(bit + 2)) & 1n) === 0n) continue
    const name = FEATURES.get(bit)
    if (name === undefined) unknownFeatures.push(bit)
    else features.push(name)
  }
  return {
    isPackage: type === PACKAGE,
    features,
    unknownFeatures,
    creation: Number(record.u64(24)),
    toguid: record.u64(40),
    fromguid: record.u64(48),
    toname: record.string(56),
  }
}
