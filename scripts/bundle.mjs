// Bundle each program, and build its manual page and the completion scripts. Loading one file takes two thirds of the time of
// loading the AWS SDK's files.
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { makeCompletions } from './completion.d/make-completions.mjs'
import { bundleOptions, programs, threads } from './lib/bundle-options.mjs'

const root = new URL('..', import.meta.url)
process.chdir(root.pathname)
// the date in the manual pages is that of the release (reproducible-builds.org)
const epoch = process.env['SOURCE_DATE_EPOCH']
const date = epoch === undefined ? [] : ['--date', new Date(Number(epoch) * 1000).toISOString()]
const { version } = JSON.parse(await readFile('package.json', 'utf8'))

await Promise.all(
  Object.keys(programs).map(async (name) => {
    const directory = `packages/${name}`
    const { devDependencies } = JSON.parse(await readFile(`${directory}/package.json`, 'utf8'))
    const files = Object.entries(threads)
      .filter(([owner]) => owner === name || owner in devDependencies)
      .map(([, entries]) => entries)
    await rm(`${directory}/dist/bundle`, { recursive: true, force: true })
    await build({
      ...bundleOptions(version),
      absWorkingDir: `${root.pathname}${directory}`,
      entryPoints: Object.assign({ bin: './dist/bin.js' }, ...files),
      outdir: 'dist/bundle',
    })
    await chmod(`${directory}/bin/${name}.js`, 0o755)
    await mkdir(`${directory}/dist/man`, { recursive: true })
    const { stdout: manual } = await promisify(execFile)('node_modules/.bin/marked-man', [
      '--version',
      version,
      ...date,
      `${directory}/man/${name}.1.md`,
    ])
    await writeFile(`${directory}/dist/man/${name}.1`, manual)
  }),
)
await makeCompletions('packages/z3/dist/bundle')
