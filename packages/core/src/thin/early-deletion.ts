import type { StoredSnapshot } from '../versions/stored-snapshot.js'

const DAY = 86_400

/**
 * Days for which an object of a storage class is paid at least: "Understanding and managing
 * Amazon S3 storage classes".
 */
const MINIMUM_DAYS: ReadonlyMap<string, number> = new Map([
  ['STANDARD_IA', 30],
  ['ONEZONE_IA', 30],
  ['GLACIER_IR', 90],
  ['GLACIER', 90],
  ['DEEP_ARCHIVE', 180],
])

/** What is paid for an object after it was deleted. */
export interface EarlyDeletion {
  readonly storageClass: string
  /** Days that are left, rounded up; all of them where the time of the upload is not known. */
  readonly days: number
  /** Bytes times days; undefined where the bytes are not known. */
  readonly byteDays: number | undefined
}

/**
 * What deleting an object costs because its storage class has a minimum of days.
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
