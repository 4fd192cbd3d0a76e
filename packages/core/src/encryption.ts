import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * What an object is encrypted with, above ZFS: the encryptor, or z3's
 * compressor `gpg`. Undefined: it is not.
 */
export function encryptionOf({
  compressor,
  encryptor,
}: Pick<StoredSnapshot, 'compressor' | 'encryptor'>): string | undefined {
  return encryptor ?? (compressor === 'gpg' ? compressor : undefined)
}
