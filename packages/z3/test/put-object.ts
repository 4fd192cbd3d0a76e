import type { ObjectStore } from '@z3/s3'

/** Store an object of one part, without a program. */
export const putObject = async (
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  metadata: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> => {
  const target = await store.createUpload(key, { metadata, overwrite: false }, signal)
  const hasher = target.hasher()
  hasher.update(body)
  const part = { partNumber: 1, offset: 0, body, digest: hasher.digest() }
  await target.complete([await target.uploadPart(part)])
}
