import { join } from 'node:path'
import { fileName, type FileKind } from './file-names.js'
import { keyPath, type KeyPath } from './key-path.js'

/** Where the files of one key are. */
export interface ObjectPlace extends KeyPath {
  readonly key: string
  /** The store's directory, absolute. */
  readonly root: string
  /** The directory of the object's files, absolute. */
  readonly directory: string
}

/** @throws Z3Error `invalid-name` */
export function objectPlace(root: string, key: string): ObjectPlace {
  const path = keyPath(key)
  return { key, root, directory: join(root, ...path.directories), ...path }
}

/** The path of one of the object's files. The descriptor has no upload id. */
export function filePath(place: ObjectPlace, kind: FileKind, uploadId = ''): string {
  return join(place.directory, fileName(kind, place.base, uploadId))
}
