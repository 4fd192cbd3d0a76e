// Random bytes on tmpfs, made once, so that no disk is measured
import { createHash, randomBytes } from 'node:crypto'
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The data are one random block again and again. Its length is no multiple of
 * any part's, so that parts that change places are noticed.
 */
const BLOCK = (64 << 20) + 4093

export const makeData = async (dir, size) => {
  const { bavail, bsize } = await statfs(dir)
  const need = size + BLOCK
  if (bavail * bsize < need) {
    throw new Error(`${dir} has no room for ${need} bytes`)
  }
  const block = randomBytes(Math.min(BLOCK, size))
  const blockFile = join(dir, 'block')
  const file = join(dir, 'data')
  const hash = createHash('sha256')
  const [whole, one] = [await open(file, 'w'), await open(blockFile, 'w')]
  await one.writeFile(block)
  for (let at = 0; at < size; at += block.length) {
    const piece = block.subarray(0, Math.min(block.length, size - at))
    hash.update(piece)
    await whole.writeFile(piece)
  }
  await Promise.all([whole.close(), one.close()])
  return { file, blockFile, sha256: hash.digest('hex') }
}
