import type { StoredPlace } from './load-stored.js'
import { xdgFile } from './xdg-file.js'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAtLeast, VERIFY_LEVELS, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import writeFileAtomic from 'write-file-atomic'

/** When an object was verified last, and found sound. */
export interface VerifyRecord {
  /** Size and time of the object then: another one has others. */
  readonly identity: string
  readonly level: VerifyLevel
  /** Epoch seconds. */
  readonly at: number
}

/** What tells an object from another one of the same key. */
export function identityOf({ bytes, uploaded }: StoredSnapshot): string {
  return `${String(bytes)} ${String(uploaded)}`
}

/** By key. */
export type VerifyRecords = ReadonlyMap<string, VerifyRecord>

/** `version` of the format. */
const VERSION = 1

/**
 * The file that remembers what this host has verified of a dataset.
 *
 * @param place what tells it from all others: the store's title and the prefix
 * @returns undefined where there is no home
 */
export function recordsFile(env: NodeJS.ProcessEnv, place: string): string | undefined {
  return xdgFile(env, 'XDG_STATE_HOME', 'verified', place)
}

/** Read the file of this host. A file that is missing or damaged costs time alone. */
export async function readRecords(file: string | undefined): Promise<VerifyRecords> {
  if (file === undefined) return new Map()
  try {
    return parseRecords(await readFile(file, 'utf8'))
  } catch {
    return new Map()
  }
}

/** @throws the error of the file system */
export async function writeRecords(
  file: string | undefined,
  records: VerifyRecords,
): Promise<void> {
  if (file === undefined) return
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFileAtomic(file, formatRecords(records), { mode: 0o600 })
}

/**
 * Forget objects that were deleted.
 *
 * @throws the error of the file system
 */
export async function forgetRecords(
  env: NodeJS.ProcessEnv,
  { store, prefix, dataset }: StoredPlace,
  keys: readonly string[],
): Promise<void> {
  const file = recordsFile(env, `${store.title}\n${prefix}${dataset}`)
  const known = await readRecords(file)
  const kept = new Map([...known].filter(([key]) => !keys.includes(key)))
  if (kept.size < known.size) await writeRecords(file, kept)
}

export function formatRecords(records: VerifyRecords): string {
  return JSON.stringify({ version: VERSION, objects: Object.fromEntries(records) })
}

/** What is not understood is left out: it is verified again. */
export function parseRecords(text: string): VerifyRecords {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return new Map()
  }
  if (!isRecord(content) || content['version'] !== VERSION || !isRecord(content['objects'])) {
    return new Map()
  }
  return new Map(
    Object.entries(content['objects']).filter((pair): pair is [string, VerifyRecord] =>
      isVerifyRecord(pair[1]),
    ),
  )
}

/** The newest of each key. */
export function mergeRecords(...all: readonly VerifyRecords[]): VerifyRecords {
  const merged = new Map<string, VerifyRecord>()
  for (const [key, record] of all.flatMap((records) => [...records])) {
    const known = merged.get(key)
    if (!known || known.at < record.at) merged.set(key, record)
  }
  return merged
}

/**
 * When an object was verified at a level, epoch seconds.
 */
export function verifiedAt(
  object: StoredSnapshot,
  records: VerifyRecords,
  level: VerifyLevel,
): number | undefined {
  const record = records.get(object.key)
  const isThis = record?.identity === identityOf(object) && isAtLeast(record.level, level)
  return isThis ? record.at : undefined
}

function isVerifyRecord(value: unknown): value is VerifyRecord {
  return (
    isRecord(value) &&
    typeof value['identity'] === 'string' &&
    VERIFY_LEVELS.some((level) => level === value['level']) &&
    Number.isSafeInteger(value['at'])
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
