import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** All files below a directory, and its directories with a slash; sorted. */
export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .map((entry) => {
      const path = relative(root, join(entry.parentPath, entry.name))
      return entry.isDirectory() ? `${path}/` : path
    })
    .sort()
}
