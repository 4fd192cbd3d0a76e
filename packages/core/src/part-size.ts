import { GIB, MIB } from './size.js'

/** Limits of a multipart upload; AWS: "Amazon S3 multipart upload limits". */
export interface PartLimits {
  /** Smallest part but the last, bytes. AWS: 5 MiB. */
  readonly minPart: number
  /** Largest part, bytes. AWS: 5 GiB. */
  readonly maxPart: number
  /** Most parts of one upload. AWS: 10,000. */
  readonly maxParts: number
  /** Every part but the last must have the same size (Cloudflare R2). */
  readonly equalParts?: boolean
}

/** The limits of AWS, which most of its clones share. */
export const AWS_PART_LIMITS: PartLimits = {
  minPart: 5 * MIB,
  maxPart: 5 * GIB,
  maxParts: 10_000,
}

/**
 * How large each part of an upload is, as plain data: `steady` parts of
 * `floor` bytes, then doubling after every `doubleEvery` parts, never above
 * `ceiling`. A `doubleEvery` of 0 means that all parts are of one size.
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
 * Nothing is known of the length: 1,000 parts at the floor (4.9 GiB in parts
 * of 5 MiB), then the size doubles every 400 parts until it is 1 GiB: 5 TiB
 * are reached before part 9,000, and a stream of 100 GiB has seen no part
 * above 160 MiB.
 */
const UNKNOWN = { steady: 1000, doubleEvery: 400, ceiling: GIB }

/**
 * The length was estimated: the floor holds for nine tenths of the parts, as
 * z3 would have it; the last tenth grows fast, so that an estimate which was
 * too low does not end an upload hours in: within 512 MiB of memory, 50 GiB
 * reach six times as far, 1 TiB reaches 1.4 TiB.
 */
const ESTIMATED = { steady: 9000, doubleEvery: 100, ceiling: GIB }

/**
 * The part size where parts cannot grow and nothing is known of the length:
 * 625 GiB in 10,000 parts, eight of which fit into 512 MiB.
 */
const EQUAL_PART = 64 * MIB

/** What the caller knows of the stream's length. At most one of the two. */
export interface PartSizeRequest {
  /** Every part has this size, bytes. */
  readonly chunkSize?: number | undefined
  /** The stream has about this length, bytes. */
  readonly estimated?: number | undefined
}

/**
 * Choose the part sizes of an upload.
 *
 * @param limits of the store
 * @param memory bytes of buffers at most: no part is larger, whatever the
 *   length of the stream, which is why less memory reaches less far
 */
export function partSchedule(
  request: PartSizeRequest,
  limits: PartLimits,
  memory: number,
): PartSchedule {
  const { chunkSize, estimated } = request
  const { maxParts } = limits
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
    // a store that takes fewer parts grows sooner
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

/** The longest stream that a schedule can hold, bytes. */
export function reach(schedule: PartSchedule): number {
  let total = 0
  for (let n = 1; n <= schedule.maxParts; n++) total += partSize(schedule, n)
  return total
}
