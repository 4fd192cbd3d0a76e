import { GIB, MIB } from './size.js'

/** Limits of a multipart upload; AWS: "Amazon S3 multipart upload limits". */
export interface PartLimits {
  /** Minimum size of every part but the last, bytes. AWS: 5 MiB. */
  readonly minPart: number
  /** Maximum size of a part, bytes. AWS: 5 GiB. */
  readonly maxPart: number
  /** Maximum number of parts. AWS: 10,000. */
  readonly maxParts: number
  /** Every part but the last must have the same size (Cloudflare R2). */
  readonly equalParts?: boolean
  /** Maximum size of an object, bytes; undefined: `maxParts` of `maxPart`, 48.8 TiB on AWS. */
  readonly maxObject?: number
}

/** The limits of AWS and most compatible services. */
export const AWS_PART_LIMITS: PartLimits = {
  minPart: 5 * MIB,
  maxPart: 5 * GIB,
  maxParts: 10_000,
}

/**
 * The sizes of the parts of an upload, as plain data: `steady` parts of `floor` bytes, then
 * doubling after every `doubleEvery` parts, never above `ceiling`. A `doubleEvery` of 0 means that
 * all parts are of one size.
 */
export interface PartSchedule {
  readonly floor: number
  readonly steady: number
  readonly doubleEvery: number
  readonly ceiling: number
  readonly maxParts: number
}

/**
 * z3's part size for a stream of an estimated length: large enough for 9,999
 * parts with five per cent to spare, at least 5 MiB (z3's pput, `--estimated`).
 *
 * @param estimated bytes
 * @returns bytes
 */
export function estimatedPartSize(estimated: number): number {
  return Math.max(Math.trunc((estimated * 1.05) / 9999), 5 * MIB)
}

/**
 * The length is unknown: 3,400 parts at the floor, then the size doubles every 250 parts until it
 * is 1 GiB. In parts of 5 MiB, these are the first 16 GiB, which need little memory; 5 TiB end with
 * part 9,944, and a stream of 90 GiB has no part above 160 MiB.
 */
const UNKNOWN = { steady: 3400, doubleEvery: 250, ceiling: GIB }

/**
 * The length was estimated: nine tenths of the parts have the size of the floor, as in z3; the last
 * tenth grows fast, so that an estimate that is too low does not end an upload after hours: within
 * 512 MiB of memory, 50 GiB reach six times as far, 1 TiB reaches 1.4 TiB.
 */
const ESTIMATED = { steady: 9000, doubleEvery: 100, ceiling: GIB }

/**
 * The part size if parts cannot grow and the length is unknown: 625 GiB in 10,000 parts, eight of
 * which fit into 512 MiB.
 */
const EQUAL_PART = 64 * MIB

/** What the caller knows about the length. At most one of the two. */
export interface PartSizeRequest {
  /** Fixed size of all parts, bytes. */
  readonly chunkSize?: number | undefined
  /** Estimated length of the stream, bytes. */
  readonly estimated?: number | undefined
}

/**
 * Choose the part sizes of an upload.
 *
 * @param limits of the store
 * @param memory maximum bytes of buffers. No part is larger, so less memory limits the length of
 *   the stream
 */
export function partSchedule(
  request: PartSizeRequest,
  limits: PartLimits,
  memory: number,
): PartSchedule {
  const { chunkSize } = request
  const { maxParts, maxObject = Infinity } = limits
  // what exceeds one object continues in further ones
  const estimated =
    request.estimated === undefined ? undefined : Math.min(request.estimated, maxObject)
  if (chunkSize !== undefined) return equalParts(chunkSize, maxParts)
  const growth = estimated === undefined ? UNKNOWN : ESTIMATED
  const floor = Math.max(
    limits.minPart,
    estimated === undefined ? 0 : scaledEstimate(estimated, maxParts),
  )
  if (limits.equalParts) {
    return equalParts(estimated === undefined ? Math.min(EQUAL_PART, memory) : floor, maxParts)
  }
  return {
    floor,
    // if a store allows fewer parts, they grow sooner
    steady: Math.trunc((growth.steady * maxParts) / 10_000),
    doubleEvery: Math.max(1, Math.trunc((growth.doubleEvery * maxParts) / 10_000)),
    ceiling: Math.min(Math.max(floor, growth.ceiling), limits.maxPart, memory),
    maxParts,
  }
}

function equalParts(size: number, maxParts: number): PartSchedule {
  return {
    floor: size,
    steady: maxParts,
    doubleEvery: 0,
    ceiling: size,
    maxParts,
  }
}

function scaledEstimate(estimated: number, maxParts: number): number {
  return estimatedPartSize(estimated * ((10_000 - 1) / (maxParts - 1)))
}

/**
 * The size of one part.
 *
 * @param partNumber from 1, as S3 counts
 * @returns bytes
 */
export function partSize(schedule: PartSchedule, partNumber: number): number {
  const { floor, steady, doubleEvery, ceiling } = schedule
  if (doubleEvery === 0 || partNumber <= steady) return Math.min(floor, ceiling)
  const doublings = Math.floor((partNumber - steady - 1) / doubleEvery) + 1
  return Math.min(floor * 2 ** doublings, ceiling)
}

/** The maximum length of a stream with a schedule, bytes. */
export function reach(schedule: PartSchedule): number {
  let total = 0
  for (let n = 1; n <= schedule.maxParts; n++) total += partSize(schedule, n)
  return total
}
