import { makeDirectories, xdgFile } from '@z3/cli'
import type { ListedBeside, VerifyTimes } from './list-beside.js'
import type { StoredPlace } from './stored-place.js'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  formatSnapshotName,
  isAtLeast,
  VERIFY_LEVELS,
  type StoredSnapshot,
  type VerifyLevel,
} from '@z3/core'
import type { ObjectSummary } from '@z3/s3'
import writeFileAtomic from 'write-file-atomic'

/** When an object was last verified and found sound, at each level. */
export interface VerifyRecord extends VerifyTimes {
  /** Size and time of the object then: another one has others. */
  readonly identity: string
  /** The `comparisonOf` an object and its manifest that agree. */
  readonly compared?: string | undefined
}

/** The part of a stored snapshot that a listing contains. */
export type ListedObject = Pick<
  StoredSnapshot,
  'key' | 'dataset' | 'snapshot' | 'bytes' | 'uploaded'
>

/** What tells an object from another one of the same key. */
export function identityOf({ bytes, uploaded }: Pick<ListedObject, 'bytes' | 'uploaded'>): string {
  return `${String(bytes)} ${String(uploaded)}`
}

/**
 * What identifies an object and its manifest, as listed: both are immutable, so the result of a
 * comparison holds until one of them is replaced.
 *
 * @returns undefined where the listing does not identify them
 */
export function comparisonOf(
  { etag = '' }: Pick<StoredSnapshot, 'etag'>,
  manifest: Pick<ObjectSummary, 'etag' | 'size' | 'modified'> | undefined,
): string | undefined {
  if (!manifest?.modified || etag === '' || manifest.etag === '') return undefined
  return [etag, manifest.etag, manifest.size, manifest.modified.getTime() / 1000].join(' ')
}

/** By key. */
export type VerifyRecords = ReadonlyMap<string, VerifyRecord>

/** What one host remembers of a dataset. */
export interface HostRecords {
  readonly objects: VerifyRecords
  /** When a drill last restored it, epoch seconds. */
  readonly drilled?: number | undefined
}

/** `version` of the format. */
const VERSION = 2

/**
 * The file that remembers what this host has verified of a dataset.
 *
 * @returns undefined where there is no home, or for the past of a store: only what is stored now
 *   is verified again
 */
export function recordsFile(
  env: NodeJS.ProcessEnv,
  { store, prefix, dataset }: StoredPlace,
): string | undefined {
  if (store.asOf) return undefined
  return xdgFile(env, 'XDG_STATE_HOME', 'verified', `${store.title}\n${prefix}${dataset}`)
}

/**
 * Read the file of this host. A file that is missing or damaged costs time alone.
 *
 * @param now epoch seconds: later times are those of a clock that was wrong, and ignored
 */
export async function readRecords(file: string | undefined, now: number): Promise<HostRecords> {
  if (file === undefined) return { objects: new Map() }
  try {
    return parseRecords(await readFile(file, 'utf8'), now)
  } catch {
    return { objects: new Map() }
  }
}

/** @throws the error of the file system */
export async function writeRecords(
  file: string | undefined,
  { objects, drilled }: HostRecords,
): Promise<void> {
  if (file === undefined) return
  await makeDirectories(dirname(file), 0o700)
  const content = { version: VERSION, objects: Object.fromEntries(objects), drilled }
  await writeFileAtomic(file, JSON.stringify(content), { mode: 0o600 })
}

/**
 * Forget objects that were deleted.
 *
 * @throws the error of the file system
 */
export async function forgetRecords(
  env: NodeJS.ProcessEnv,
  place: StoredPlace,
  keys: readonly string[],
): Promise<void> {
  const file = recordsFile(env, place)
  const known = await readRecords(file, Date.now() / 1000)
  const gone = new Set(keys)
  const objects = new Map([...known.objects].filter(([key]) => !gone.has(key)))
  if (objects.size < known.objects.size) await writeRecords(file, { ...known, objects })
}

/**
 * The records that any host has left in the store. They have the times of the store, as the
 * objects: one that is not younger than the object may be of another object of that key.
 */
export function recordsBeside(
  objects: readonly ListedObject[],
  beside: ListedBeside,
): VerifyRecords {
  const records = new Map<string, VerifyRecord>()
  for (const object of objects) {
    const { verified = {} } = beside.get(formatSnapshotName(object)) ?? {}
    const { uploaded } = object
    if (uploaded === undefined) continue
    const times = timesOf(verified, (at) => at > uploaded)
    if (Object.keys(times).length > 0) {
      records.set(object.key, { identity: identityOf(object), ...times })
    }
  }
  return records
}

/** What is not understood is left out: it is verified again. */
function parseRecords(text: string, now: number): HostRecords {
  const content: unknown = JSON.parse(text)
  if (!isRecord(content) || content['version'] !== VERSION || !isRecord(content['objects'])) {
    return { objects: new Map() }
  }
  const isPast = (at: number): boolean => at <= now
  const objects = new Map<string, VerifyRecord>()
  for (const [key, value] of Object.entries(content['objects'])) {
    if (!isRecord(value)) continue
    const { identity, compared } = value
    if (typeof identity !== 'string') continue
    objects.set(key, {
      identity,
      ...timesOf(value, isPast),
      ...(typeof compared === 'string' ? { compared } : {}),
    })
  }
  const { drilled } = content
  return { objects, drilled: isTime(drilled) && isPast(drilled) ? drilled : undefined }
}

function timesOf(
  from: Readonly<Record<string, unknown>>,
  isValid: (at: number) => boolean,
): VerifyTimes {
  return Object.fromEntries(
    VERIFY_LEVELS.map((level) => [level, from[level]] as const).filter(
      ([, at]) => isTime(at) && isValid(at),
    ),
  )
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** The newest times of each object, as it is now. */
export function mergeRecords(...all: readonly VerifyRecords[]): VerifyRecords {
  const merged = new Map<string, VerifyRecord>()
  for (const records of all) {
    for (const [key, record] of records) {
      const known = merged.get(key)
      merged.set(key, known?.identity === record.identity ? newest(known, record) : record)
    }
  }
  return merged
}

function newest(one: VerifyRecord, other: VerifyRecord): VerifyRecord {
  return {
    identity: one.identity,
    compared: other.compared ?? one.compared,
    head: later(one.head, other.head),
    data: later(one.data, other.data),
    stream: later(one.stream, other.stream),
  }
}

/** The later of two times; undefined where there is none. */
export function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one
}

/** When an object was last verified at a level or a higher one, epoch seconds. */
export function verifiedAt(
  object: ListedObject,
  records: VerifyRecords,
  level: VerifyLevel,
): number | undefined {
  const record = records.get(object.key)
  if (record?.identity !== identityOf(object)) return undefined
  return VERIFY_LEVELS.filter((one) => isAtLeast(one, level))
    .map((one) => record[one])
    .reduce(later, undefined)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
