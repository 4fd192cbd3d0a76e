import { ASIDE, manifestKey } from './manifest.js'
import type { VerifyLevel } from './plan/plan-verify.js'

/** Levels that are worth a record: at `head`, no byte of the object is read. */
export type RecordedLevel = Exclude<VerifyLevel, 'head'>

export const RECORDED_LEVELS: readonly RecordedLevel[] = ['data', 'stream']

/** What a key below `S3_PREFIX.z3/` names (docs/format.md). */
export type Beside =
  | { readonly kind: 'manifest'; readonly name: string }
  /** The object was verified when the record was written. */
  | { readonly kind: 'verified'; readonly name: string; readonly level: RecordedLevel }
  /** A drill restored a snapshot of the dataset when the record was written. */
  | { readonly kind: 'drilled'; readonly dataset: string }
  /** The metadata of all objects of the dataset. */
  | { readonly kind: 'index'; readonly dataset: string }

/**
 * The key of a verification record. Its end is never that of a manifest, whatever the
 * name of the snapshot is.
 *
 * @param name `dataset@snapshot`, the name of the object's key
 */
export function recordKey(prefix: string, name: string, level: RecordedLevel): string {
  return `${prefix}${ASIDE}${name}.verified-${level}`
}

/** All keys of the verification records of an object. */
export function recordKeys(prefix: string, name: string): readonly string[] {
  return RECORDED_LEVELS.map((level) => recordKey(prefix, name, level))
}

/** No snapshot has an empty name, so this is the key of no other record. */
export function drillKey(prefix: string, dataset: string): string {
  return `${prefix}${ASIDE}${dataset}@.drilled`
}

/** As unlike all others as `drillKey`. */
export function indexKey(prefix: string, dataset: string): string {
  return `${prefix}${ASIDE}${dataset}@.index`
}

/** @returns undefined for a key of another kind, as one that a newer z3 has written */
export function parseBeside(prefix: string, key: string): Beside | undefined {
  const start = `${prefix}${ASIDE}`
  const [, name = '', end = ''] =
    /^([^@]+@.*)\.(json|verified-data|verified-stream|drilled|index)$/s.exec(
      key.startsWith(start) ? key.slice(start.length) : '',
    ) ?? []
  if (name === '') return undefined
  const dataset = name.slice(0, name.indexOf('@'))
  if (key === drillKey(prefix, dataset)) return { kind: 'drilled', dataset }
  if (key === indexKey(prefix, dataset)) return { kind: 'index', dataset }
  // the name of a snapshot is not empty, and has no @
  if (name.indexOf('@') !== name.lastIndexOf('@') || name.endsWith('@')) return undefined
  if (key === manifestKey(prefix, name)) return { kind: 'manifest', name }
  const level = RECORDED_LEVELS.find((one) => end === `verified-${one}`)
  return level && { kind: 'verified', name, level }
}
