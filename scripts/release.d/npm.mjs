import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `npm pack` gives equal bytes for equal files: it sets times and owners itself. */
export async function packNpm(toolkit, output) {
  await promisify(execFile)('npm', [
    ...['pack', `./${toolkit}`, '--pack-destination', output],
    ...['--silent', '--ignore-scripts'],
  ])
}
