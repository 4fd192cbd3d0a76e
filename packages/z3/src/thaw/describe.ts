import { hoursToThaw, humanSize, THAW_TIERS, Z3Error, type ThawTier } from '@z3/core'
import type { ArchivedObject } from './find-archived.js'

/** What needs the objects: `z3 restore`, `z3 copy`. */
export type ThawCommand = 'restore' | 'copy'

const DONE = { restore: 'restored', copy: 'copied' }

/** `2 objects (1.50G)` */
export function describeCount(objects: readonly ArchivedObject[]): string {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0)
  const noun = objects.length === 1 ? 'object' : 'objects'
  return `${String(objects.length)} ${noun} (${humanSize(bytes)})`
}

/** A line for each object: `archived: 'KEY' (1.50G, DEEP_ARCHIVE)`. */
export function describeObjects(objects: readonly ArchivedObject[]): readonly string[] {
  return objects.map(
    ({ key, size, state: { phase, archive } }) =>
      `${phase}: '${key}' (${humanSize(size)}, ${archive})`,
  )
}

/** Hours until all objects can be read, at most; undefined: one of them does not have the tier. */
export function longestHours(
  objects: readonly ArchivedObject[],
  tier: ThawTier,
): number | undefined {
  const hours = objects.map(({ state }) => hoursToThaw(state.archive, tier))
  return hours.includes(undefined) ? undefined : Math.max(...hours.flatMap((one) => one ?? []))
}

/** What the JSON form of an error says of them. */
export function archivedJson(objects: readonly ArchivedObject[]): readonly object[] {
  return objects.map(({ key, size, state: { phase, archive } }) => ({
    key,
    bytes: size,
    state: phase,
    archive,
    hours: Object.fromEntries(THAW_TIERS.map((tier) => [tier, hoursToThaw(archive, tier)])),
  }))
}

/** The error for objects that nobody has requested. */
export function notRequested(
  dataset: string,
  objects: readonly ArchivedObject[],
  command: ThawCommand,
): Z3Error {
  const offers = THAW_TIERS.flatMap((tier) => {
    const hours = longestHours(objects, tier)
    return hours === undefined ? [] : `--thaw ${tier} (at most ${String(hours)} h)`
  })
  return new Z3Error(
    'object-archived',
    `${describeCount(objects)} of ${dataset} must be thawed before the ${command}`,
    {
      hint: `Run the same z3 ${command} command with ${offers.join(' or ')}; add --wait to wait and ${command}.`,
    },
  )
}

/** The error for objects that are being thawed. */
export function thawingError(
  dataset: string,
  objects: readonly ArchivedObject[],
  requested: ThawTier | undefined,
  command: ThawCommand,
): Z3Error {
  const hours = requested && longestHours(objects, requested)
  const when = hours === undefined ? 'later' : `in ${String(hours)} h`
  return new Z3Error(
    'thawing',
    `${dataset} cannot be ${DONE[command]} yet: thawing ${describeCount(objects)}`,
    {
      hint: `Run the same z3 ${command} command again ${when}: --thaw with --wait waits, 'z3 status' shows the progress.`,
    },
  )
}
