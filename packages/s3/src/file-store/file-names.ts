import { randomBytes } from 'node:crypto'

/**
 * The files of an object whose last component is BASE:
 * - `BASE.z3.json` the descriptor: the object is there if, and only if, this is
 * - `BASE.ID` the data, the raw stream
 * - `BASE.ID.pending` the data of an upload that is not complete
 * - `BASE.ID.tmp` a descriptor before it is put in place
 */
export type FileKind = 'descriptor' | 'data' | 'pending' | 'temporary'

/** What the name of one of our files says. */
export interface FileName {
  readonly kind: FileKind
  readonly base: string
  /** '' for a descriptor. */
  readonly uploadId: string
}

const DESCRIPTOR = '.z3.json'
const SUFFIX = /(?:\.z3\.json|\.([0-9a-f]{32})(\.pending|\.tmp)?)$/

/** A new upload id: 12 digits for the time, so that ids sort, then chance. */
export function newUploadId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return time + randomBytes(10).toString('hex')
}

export function isUploadId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}

/** When an upload was begun; undefined where its id is of no time of ours. */
export function uploadTime(uploadId: string): Date | undefined {
  const time = new Date(parseInt(uploadId.slice(0, 12), 16))
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** The name of the file of this kind. */
export function fileName(kind: FileKind, base: string, uploadId: string): string {
  switch (kind) {
    case 'descriptor':
      return base + DESCRIPTOR
    case 'data':
      return `${base}.${uploadId}`
    case 'pending':
      return `${base}.${uploadId}.pending`
    case 'temporary':
      return `${base}.${uploadId}.tmp`
  }
}

/** Read a file's name back; undefined if it is not one of ours. */
export function parseFileName(name: string): FileName | undefined {
  const match = SUFFIX.exec(name)
  if (match === null || match.index === 0) return undefined
  const [, uploadId = '', state] = match
  const kind =
    uploadId === ''
      ? 'descriptor'
      : state === undefined
        ? 'data'
        : state === '.tmp'
          ? 'temporary'
          : 'pending'
  return { kind, base: name.slice(0, match.index), uploadId }
}

/**
 * Where in a name the suffix begins that would make it look like one of our
 * files, if it has one: a directory must not be taken for a file, nor stand
 * where a file has to go.
 */
export function looksLikeOurs(name: string): number | undefined {
  return SUFFIX.exec(name)?.index
}
