// Make the files of a release; see scripts/release.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { writeChecksums } from './checksums.mjs'
import { makeDeb } from './deb.mjs'
import { packNpm } from './npm.mjs'
import { architectures, fetchRuntime } from './runtime.mjs'
import { writeSbom } from './sbom.mjs'
import { makeTarball } from './tarball.mjs'
import { notices, thirdParty } from './third-party.mjs'
import { makeToolkit } from './toolkit.mjs'

const { values } = parseArgs({ options: { 'npm-only': { type: 'boolean', default: false } } })
process.chdir(new URL('../..', import.meta.url).pathname)
const { version } = JSON.parse(await readFile('package.json', 'utf8'))

const output = 'dist/release'
const work = 'dist/release-work'
for (const directory of [output, work]) {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
}

const toolkit = `${work}/z3-toolkit`
const inputs = await makeToolkit(toolkit, version)
const packages = await thirdParty(inputs)
await writeFile(`${toolkit}/LICENSE.third-party`, notices(packages))
await packNpm(toolkit, output)
await writeSbom(packages, version, `${output}/z3-toolkit-${version}.cdx.json`)
if (!values['npm-only']) {
  for (const architecture of architectures) {
    const runtime = await fetchRuntime(architecture, `${work}/runtime-${architecture.node}`)
    await makeTarball({ toolkit, runtime, architecture, version, output, work })
    await makeDeb({ toolkit, runtime, architecture, version, output, work })
  }
}
await writeChecksums(output)
await rm(work, { recursive: true })
