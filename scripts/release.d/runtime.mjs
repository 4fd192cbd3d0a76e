import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The Node.js that machines get which have none, as npm's packages of it, and what npm says of their bytes. */
const NODE = '24.21.0'
export const architectures = [
  {
    node: 'x64',
    debian: 'amd64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  {
    node: 'arm64',
    debian: 'arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
]

/**
 * Fetch Node.js for an architecture, once, into the cache.
 *
 * @returns {Promise<string>} the directory with `node` and its `LICENSE`
 * @throws {Error} where the bytes are not those that are named here
 */
export async function fetchRuntime({ node: architecture, integrity }, directory) {
  const name = `node-linux-${architecture}`
  const cache = `${process.env['XDG_CACHE_HOME'] ?? `${homedir()}/.cache`}/z3-release`
  const file = `${cache}/${name}-${NODE}.tgz`
  await mkdir(cache, { recursive: true })
  if ((await integrityOf(file)) !== integrity) {
    const { stdout } = await run('npm', [
      ...['pack', `${name}@${NODE}`, '--pack-destination', cache, '--silent'],
    ])
    await rename(`${cache}/${stdout.trim()}`, file)
    const found = await integrityOf(file)
    if (found !== integrity) throw new Error(`${file}: ${found} where ${integrity} was expected`)
  }
  await mkdir(directory, { recursive: true })
  await run('tar', [
    ...['--extract', '--file', file, '--directory', directory, '--strip-components', '1'],
  ])
  await chmod(`${directory}/bin/node`, 0o755)
  return directory
}

/** As package managers write it (W3C Subresource Integrity); undefined where there is no file. */
async function integrityOf(file) {
  const bytes = await readFile(file).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
  return bytes && `sha512-${createHash('sha512').update(bytes).digest('base64')}`
}
