import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'

/** SHA256SUMS of all files, as `sha256sum --check` reads it. */
export async function writeChecksums(directory) {
  const lines = []
  for (const name of (await readdir(directory)).sort()) {
    const hash = createHash('sha256').update(await readFile(`${directory}/${name}`))
    lines.push(`${hash.digest('hex')}  ${name}\n`)
  }
  await writeFile(`${directory}/SHA256SUMS`, lines.join(''))
}
