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
  /** Number of records of each kind. */
  readonly records: Readonly<Partial<Record<RecordKind, number>>>
  /** Number of OBJECT records. */
  readonly objects: number
  /** From BEGIN to END, bytes. */
  readonly bytes: number
  /** The checksum of everything before END. */
  readonly fletcher4: Sums
}

/** Summary of a stream. */
export interface StreamSummary {
  /** `zfs send -R`, `-I`, `-p`: a list followed by streams. */
  readonly isPackage: boolean
  /** Package: name of its first snapshot, without the dataset. */
  readonly fromsnap: string | undefined
  /** Package: name of its last snapshot, without the dataset. */
  readonly tosnap: string | undefined
  /** Total bytes. */
  readonly bytes: number
  readonly streams: readonly SubstreamSummary[]
}
