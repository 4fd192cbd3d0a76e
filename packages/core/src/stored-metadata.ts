import { formatSendFlags } from './send-flags.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/** What a new object's metadata says of it; undefined is left out. */
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
