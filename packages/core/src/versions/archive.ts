/** Retrieval tiers of S3, as `--thaw` takes them. */
export const THAW_TIERS = ['standard', 'bulk', 'expedited'] as const

export type ThawTier = (typeof THAW_TIERS)[number]

/** `thawing`: a copy that can be read is being made; `thawed`: there is one. */
type ArchivePhase = 'archived' | 'thawing' | 'thawed'

/** The state of an object in an archive, from which it cannot be read before it is thawed. */
export interface ArchiveState {
  readonly phase: ArchivePhase
  /** Storage class, or archive tier of S3 Intelligent-Tiering. */
  readonly archive: Archive
  /** Expiry of the thawed copy, epoch seconds, if the store reports it. */
  readonly until?: number | undefined
}

/**
 * Time until an object can be read, for each archive and tier: 'Archive retrieval options' and 'S3
 * Intelligent-Tiering' in the Amazon S3 User Guide. GLACIER_IR is not an archive.
 */
const HOURS = {
  GLACIER: { standard: 5, bulk: 12, expedited: 1 },
  DEEP_ARCHIVE: { standard: 12, bulk: 48, expedited: undefined },
  ARCHIVE_ACCESS: { standard: 5, bulk: 12, expedited: 1 },
  DEEP_ARCHIVE_ACCESS: { standard: 12, bulk: 48, expedited: undefined },
} as const

export type Archive = keyof typeof HOURS

const TIERED = 'INTELLIGENT_TIERING'

/**
 * Whether an object of a storage class may be archived. Of S3 Intelligent-Tiering, only a HEAD of
 * the object tells.
 *
 * @param storageClass as listed
 */
export function mayBeArchived(storageClass: string | undefined): boolean {
  return storageClass !== undefined && (storageClass === TIERED || isArchive(storageClass))
}

/**
 * Hours after which an object can be read, at most. Undefined: the archive does not have the tier.
 */
export function hoursToThaw(archive: Archive, tier: ThawTier): number | undefined {
  return HOURS[archive][tier]
}

/** Whether a thawed copy expires. S3 Intelligent-Tiering moves the object back instead. */
export function isTemporary(archive: Archive): boolean {
  return archive === 'GLACIER' || archive === 'DEEP_ARCHIVE'
}

/** The headers of a HEAD: `x-amz-storage-class`, `x-amz-archive-status`, `x-amz-restore`. */
export interface ArchiveHeaders {
  readonly storageClass?: string | undefined
  readonly archiveStatus?: string | undefined
  readonly restore?: string | undefined
}

/**
 * Read the state of an object from the headers of a HEAD. `x-amz-restore` is
 * `ongoing-request="true"`, or `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`.
 *
 * @returns undefined: the object is in no archive
 */
export function readArchiveState(headers: ArchiveHeaders): ArchiveState | undefined {
  const { storageClass = '', archiveStatus = '', restore = '' } = headers
  const archive = [archiveStatus, storageClass].find(isArchive)
  if (archive === undefined) return undefined
  const ongoing = /ongoing-request="(true|false)"/.exec(restore)?.[1]
  if (ongoing === undefined) return { phase: 'archived', archive }
  if (ongoing === 'true') return { phase: 'thawing', archive }
  const expiry = Date.parse(/expiry-date="([^"]*)"/.exec(restore)?.[1] ?? '')
  return {
    phase: 'thawed',
    archive,
    ...(Number.isNaN(expiry) ? {} : { until: Math.floor(expiry / 1000) }),
  }
}

function isArchive(name: string): name is Archive {
  return Object.hasOwn(HOURS, name)
}

const WORST_FIRST: readonly ArchivePhase[] = ['archived', 'thawing', 'thawed']

/** The state of an object that several objects hold: it can be read when each of them can. */
export function joinArchiveStates(
  states: readonly (ArchiveState | undefined)[],
): ArchiveState | undefined {
  const known = states.flatMap((state) => state ?? [])
  const rank = ({ phase }: ArchiveState): number => WORST_FIRST.indexOf(phase)
  return known.toSorted(
    (a, b) => rank(a) - rank(b) || (a.until ?? Infinity) - (b.until ?? Infinity),
  )[0]
}
