import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** An object to put into a directory. */
export interface FileObject {
  readonly key: string
  /** Its data is a hole of that many bytes. */
  readonly bytes: number
  /** Epoch seconds. */
  readonly uploaded: number
  readonly metadata: Readonly<Record<string, string>>
}

const ID = '0'.repeat(32)

/** Write objects as `file://` has them, of any time and size: uploads are of now. */
export const writeObjects = async (root: string, objects: readonly FileObject[]): Promise<void> => {
  for (const { key, bytes, uploaded, metadata } of objects) {
    const path = `${root}/${key}`
    const base = key.slice(key.lastIndexOf('/') + 1)
    const data = `${base}.${ID}`
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.${ID}`, '')
    await truncate(`${path}.${ID}`, bytes)
    const fields = { version: 1, key, size: bytes, etag: '"1-00000000"', crc32: '00000000' }
    const modified = new Date(uploaded * 1000).toISOString()
    await writeFile(
      `${path}.z3.json`,
      `${JSON.stringify({ ...fields, metadata, modified, data })}\n`,
    )
  }
}
