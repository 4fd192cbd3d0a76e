import type { StoredSnapshot } from '../versions/stored-snapshot.js'

const DAY = 86_400

/**
 * Minimum storage duration of each storage class, days: "Understanding and managing Amazon S3
 * storage classes".
 */
const MINIMUM_DAYS: ReadonlyMap<string, number> = new Map([
  ['STANDARD_IA', 30],
  ['ONEZONE_IA', 30],
  ['GLACIER_IR', 90],
  ['GLACIER', 90],
  ['DEEP_ARCHIVE', 180],
])

/** The charge for an object after its deletion. */
export interface EarlyDeletion {
  readonly storageClass: string
  /** Remaining days, rounded up; all days if the upload time is unknown. */
  readonly days: number
  /** Bytes times days; undefined if the size is unknown. */
  readonly byteDays: number | undefined
}

/**
 * The cost of deleting an object before the minimum storage duration of its class.
 *
 * @param now epoch seconds
 * @returns undefined: nothing
 */
export function earlyDeletion(
  { storageClass = '', uploaded, bytes }: StoredSnapshot,
  now: number,
): EarlyDeletion | undefined {
  const minimum = MINIMUM_DAYS.get(storageClass)
  if (minimum === undefined) return undefined
  const since = uploaded === undefined ? 0 : now - uploaded
  const days = Math.min(minimum, Math.ceil(minimum - since / DAY))
  if (days <= 0) return undefined
  return { storageClass, days, byteDays: bytes === undefined ? undefined : bytes * days }
}
