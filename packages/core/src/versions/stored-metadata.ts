import { parseSnapshotName, type SnapshotName } from '../snapshot.js'
import type { ArchiveState } from './archive.js'
import { filtersOf, isNone, type Content } from './content.js'
import { parseSendFlags, formatSendFlags, type SendFlag } from './send-flags.js'
import { twinName, type StoredSnapshot } from './stored-snapshot.js'

/** An object as a store lists it, and its user metadata. */
export interface StoredObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly modified?: Date | undefined
  readonly etag?: string | undefined
  readonly storageClass?: string | undefined
  /** Number of objects, if there are several. */
  readonly objects?: number | undefined
  /** Object Lock, of a HEAD. */
  readonly lockedUntil?: Date | undefined
  readonly legalHold?: boolean
  /** Of a HEAD. */
  readonly archive?: ArchiveState | undefined
  /** Keys without `x-amz-meta-`, in lower case. */
  readonly metadata: Readonly<Record<string, string>>
  /** The contents by its first bytes, if they were read: `mustLook`. */
  readonly content?: Content | undefined
}

/** As z3 writes it now, as before 0.2.0, and as radosgw changes it. */
const FULL_KEYS = ['isfull', 'is_full', 'is-full']
/** A name allowed in a configuration file. */
const WORD = /^[A-Za-z0-9._-]{1,64}$/
const DECIMAL = /^(0|[1-9]\d*)$/
const MAX_GUID = 2n ** 64n - 1n
/** ECMA-262, 21.4.1.1: the last second that a Date can hold. */
const MAX_TIME = 8_640_000_000_000

/**
 * Read the metadata of an object: z3's and ours. Anyone with write access to the bucket may have
 * written them, so every field is validated. The first invalid field becomes `problem`, and invalid
 * fields are undefined; nothing is thrown.
 *
 * @param dataset of the key
 * @param snapshot of the key: what follows the `@`
 */
export function readStored(
  object: StoredObject,
  dataset: string,
  snapshot: string,
): StoredSnapshot {
  const { metadata } = object
  const problems: string[] = []
  const read = <T>(
    key: string,
    parse: (text: string) => T | undefined,
    problem: string,
  ): T | undefined => {
    const text = metadata[key]
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined) problems.push(problem)
    return value
  }
  const readProgram = (key: string): string | undefined => {
    const name = read(key, parseWord, `${key} is not a name`)
    return name !== undefined && isNone(name) ? undefined : name
  }
  const readFilters = () =>
    object.content === undefined
      ? {
          compressor: readProgram('compressor'),
          encryptor: readProgram('encryptor'),
        }
      : filtersOf(object.content, metadata['compressor'], readProgram)
  if (parseName(`${dataset}@${snapshot}`) === undefined) {
    problems.push('its key is not the name of a snapshot')
  }
  const full = FULL_KEYS.some((key) => metadata[key] === 'true')
  const named = read('parent', parseName, 'parent is not the name of a snapshot')
  problems.push(...kindProblems(full, metadata))
  // neither, both, or an invalid parent
  const isUnclear = full ? metadata['parent'] !== undefined : named === undefined
  const twinOf = read(
    'snapshot',
    (name) => (parseName(`${dataset}@${name}`) && snapshot === twinName(name) ? name : undefined),
    'snapshot does not belong to the key',
  )
  if (twinOf !== undefined && !(full && metadata['guid'] !== undefined)) {
    problems.push('snapshot without isfull and guid')
  }
  return {
    dataset,
    snapshot,
    key: object.key,
    bytes: object.size,
    uploaded: epochSeconds(object.modified),
    ...(object.etag === undefined ? {} : { etag: object.etag }),
    ...(object.storageClass === undefined ? {} : { storageClass: object.storageClass }),
    ...(object.objects === undefined ? {} : { objects: object.objects }),
    parent: full ? undefined : named,
    ...(isUnclear ? { isParentUnknown: true } : {}),
    size: read('size', parseNumber, 'size is not a number of bytes'),
    guid: read('guid', parseGuid, 'guid is not a number of 64 bits'),
    parentGuid: read('parent-guid', parseGuid, 'parent-guid is not a number of 64 bits'),
    created: read('created', parseTime, 'created is not a time'),
    ...readFilters(),
    sendFlags: read('send-flags', parseFlags, 'send-flags are not flags of zfs send') ?? [],
    ...(twinOf === undefined ? {} : { twinOf }),
    // the first is enough, since the hint is the same for all
    problem: problems[0],
  }
}

/**
 * The stored snapshot for an object that cannot be read.
 *
 * @param problem one line, for a message
 * @param fault undefined: its metadata are wrong
 */
export function unreadableSnapshot(
  name: SnapshotName,
  key: string,
  problem: string,
  fault: StoredSnapshot['fault'],
): StoredSnapshot {
  return {
    ...name,
    key,
    bytes: undefined,
    uploaded: undefined,
    parent: undefined,
    isParentUnknown: true,
    size: undefined,
    guid: undefined,
    parentGuid: undefined,
    created: undefined,
    compressor: undefined,
    encryptor: undefined,
    sendFlags: [],
    problem,
    fault,
  }
}

function kindProblems(full: boolean, metadata: StoredObject['metadata']): readonly string[] {
  const incremental = metadata['parent'] !== undefined
  if (!full && !incremental) return ['neither isfull nor parent']
  if (full && incremental) return ['both isfull and parent']
  if (full && metadata['parent-guid'] !== undefined) {
    return ['both isfull and parent-guid']
  }
  return []
}

function parseName(text: string): string | undefined {
  try {
    parseSnapshotName(text)
    return text
  } catch {
    return undefined
  }
}

function parseFlags(text: string): readonly SendFlag[] | undefined {
  try {
    return parseSendFlags(text)
  } catch {
    return undefined
  }
}

function parseWord(text: string): string | undefined {
  return WORD.test(text) ? text : undefined
}

function parseNumber(text: string): number | undefined {
  const value = DECIMAL.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(value) ? value : undefined
}

function parseTime(text: string): number | undefined {
  const value = parseNumber(text)
  return value !== undefined && value <= MAX_TIME ? value : undefined
}

// Guids are compared as text, so only one form is accepted.
function parseGuid(text: string): string | undefined {
  const sound = text.length <= 20 && DECIMAL.test(text) && BigInt(text) <= MAX_GUID
  return sound ? text : undefined
}

function epochSeconds(date: Date | undefined): number | undefined {
  const seconds = Math.floor((date?.getTime() ?? NaN) / 1000)
  return Number.isNaN(seconds) ? undefined : seconds
}

/** The metadata of a new object; undefined fields are omitted. */
export type StoredFields = Pick<
  StoredSnapshot,
  | 'size'
  | 'parent'
  | 'compressor'
  | 'guid'
  | 'parentGuid'
  | 'created'
  | 'sendFlags'
  | 'encryptor'
  | 'twinOf'
>

/**
 * Write the user metadata of a new object, as `readStored` reads them: z3's in
 * z3's order, then ours. Ours have hyphens, since radosgw turns `_` into `-`.
 */
export function storedMetadata(fields: StoredFields): Record<string, string> {
  const { size, parent, created } = fields
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['size', size === undefined ? undefined : String(size)],
    parent === undefined ? ['isfull', 'true'] : ['parent', parent],
    ['compressor', fields.compressor],
    ['guid', fields.guid],
    ['parent-guid', fields.parentGuid],
    ['created', created === undefined ? undefined : String(created)],
    ['send-flags', formatSendFlags(fields.sendFlags) || undefined],
    ['encryptor', fields.encryptor],
    ['snapshot', fields.twinOf],
  ]
  const metadata: Record<string, string> = {}
  for (const [key, value] of entries) {
    if (value !== undefined) metadata[key] = value
  }
  return metadata
}
