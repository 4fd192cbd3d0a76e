import type { Sums } from './fletcher4.js'
import type { RecordKind } from './record.js'

/** One stream, from BEGIN to END. */
export interface SubstreamSummary {
  /** `dataset@snapshot`, as the sender named it. */
  readonly toname: string
  readonly toguid: bigint
  /** 0: a full stream. */
  readonly fromguid: bigint
  /** When the snapshot was created, epoch seconds. */
  readonly creation: number
  /** Names of `DMU_BACKUP_FEATURE_*`, in lower case. */
  readonly features: readonly string[]
  /** How many records of each kind. */
  readonly records: Readonly<Partial<Record<RecordKind, number>>>
  /** How many OBJECT records. */
  readonly objects: number
  /** From BEGIN to END, bytes. */
  readonly bytes: number
  /** The checksum of all before END. */
  readonly fletcher4: Sums
}

/** What came through. */
export interface StreamSummary {
  /** `zfs send -R`, `-I`, `-p`: a list, and streams in it. */
  readonly isPackage: boolean
  /** A package's: the name of its first snapshot, without the dataset. */
  readonly fromsnap: string | undefined
  /** A package's: the name of its last snapshot, without the dataset. */
  readonly tosnap: string | undefined
  /** All of it. */
  readonly bytes: number
  readonly streams: readonly SubstreamSummary[]
}
