import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { build } from 'esbuild'
import { makeCompletions } from '../completion.d/make-completions.mjs'
import { bundleOptions, programs, threads } from '../lib/bundle-options.mjs'

/**
 * Make the package `z3-toolkit`: every program, bundled with all that it needs, so that nothing is
 * fetched when it is installed. Programs share the chunks of one bundle.
 *
 * @param {string} directory Where to make it.
 * @param {string} version
 * @returns {Promise<string[]>} the files that the bundle is made of
 */
export async function makeToolkit(directory, version) {
  await mkdir(`${directory}/bin`, { recursive: true })
  await mkdir(`${directory}/man`, { recursive: true })
  const names = Object.keys(programs)
  // a package that depends on all the threads, so that their names resolve
  const from = resolve('packages/pput')
  const { metafile } = await build({
    ...bundleOptions(version),
    absWorkingDir: from,
    entryPoints: Object.assign(
      Object.fromEntries(names.map((name) => [name, `../${name}/dist/bin.js`])),
      ...Object.values(threads),
    ),
    outdir: resolve(directory, 'lib'),
    metafile: true,
  })
  for (const name of names) {
    const script = await readFile(`packages/${name}/bin/${name}.js`, 'utf8')
    await writeFile(
      `${directory}/bin/${name}.js`,
      script.replace("'../dist/bundle/bin.js'", `'../lib/${name}.js'`),
    )
    await chmod(`${directory}/bin/${name}.js`, 0o755)
    await cp(`packages/${name}/dist/man/${name}.1`, `${directory}/man/${name}.1`)
  }
  await makeCompletions(`${directory}/lib`)
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md'])
    await cp(file, `${directory}/${file}`)
  await cp('fixtures/sample.conf', `${directory}/sample.conf`)
  await cp('systemd', `${directory}/systemd`, { recursive: true })
  await cp('periodic', `${directory}/periodic`, { recursive: true })
  await writeFile(`${directory}/package.json`, `${JSON.stringify(await manifest(), null, 2)}\n`)
  return Object.keys(metafile.inputs).map((file) => relative('.', resolve(from, file)))
}

/** package.json: programs and manuals for npm to link, and no dependencies. */
async function manifest() {
  const { name, version, description, license, type, engines } = JSON.parse(
    await readFile('package.json', 'utf8'),
  )
  const bin = Object.entries(programs).flatMap(([program, older]) =>
    [program, ...older].map((called) => [called, `bin/${program}.js`]),
  )
  return {
    ...{ name, version, description, license, type, engines },
    keywords: ['zfs', 'backup', 's3', 'snapshot', 'replication'],
    os: ['linux', 'freebsd', 'sunos', 'darwin'],
    bin: Object.fromEntries(bin),
    man: Object.keys(programs).map((program) => `man/${program}.1`),
    files: [
      ...['bin', 'lib', 'man', 'systemd', 'periodic', 'sample.conf'],
      ...['CHANGELOG.md', 'LICENSE.third-party'],
    ],
  }
}
