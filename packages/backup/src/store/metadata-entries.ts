import type { ObjectSummary } from '@z3/s3'

/** `version` of the format. */
const VERSION = 1

/** User metadata of an object. */
export type Metadata = Readonly<Record<string, string>>

/** What is kept of an object: of no other one with the same key. */
export interface Entry {
  /** ETag, size, time of the last change, and version id. */
  readonly identity: string
  readonly metadata: Metadata
  /** What its first bytes are, if they were read. */
  readonly content?: string
}

/** By key. */
export type Entries = ReadonlyMap<string, Entry>

/** Tells a listed object from all others that had its key. */
export function identityOf({ etag, size, modified, version }: ObjectSummary): string {
  const id = version === undefined ? '' : ` ${version}`
  return `${etag} ${String(size)} ${modified?.toISOString() ?? ''}${id}`
}

/** @param more fields beside the entries */
export function formatEntries(entries: Entries, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ version: VERSION, ...more, objects: Object.fromEntries(entries) })
}

/**
 * Read entries. Others may have written them, so every field is validated; an entry that is not
 * valid is left out.
 *
 * @returns undefined if the text is damaged, or of another version
 */
export function parseEntries(
  text: string,
):
  | { readonly entries: Map<string, Entry>; readonly more: Readonly<Record<string, unknown>> }
  | undefined {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(content)) return undefined
  const { version, objects, ...more } = content
  if (version !== VERSION || !isRecord(objects)) return undefined
  const entries = new Map<string, Entry>()
  for (const [key, value] of Object.entries(objects)) {
    if (isEntry(value)) entries.set(key, value)
  }
  return { entries, more }
}

function isEntry(value: unknown): value is Entry {
  return (
    isRecord(value) &&
    typeof value['identity'] === 'string' &&
    ['string', 'undefined'].includes(typeof value['content']) &&
    isRecord(value['metadata']) &&
    Object.values(value['metadata']).every((text) => typeof text === 'string')
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
