import { access, readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * The npm packages that a bundle is made of.
 *
 * @param {string[]} inputs The files of the bundle, as esbuild's metafile names them.
 * @returns {Promise<{ name: string, version: string, license: string, text: string }[]>} in the
 *   order of their names; `text` is what the package says of its license
 */
export async function thirdParty(inputs) {
  const directories = new Set()
  for (const input of inputs) {
    if (input.includes('node_modules/')) directories.add(await packageOf(input))
  }
  const packages = new Map()
  for (const directory of directories) {
    const { name, version, license } = JSON.parse(
      await readFile(`${directory}/package.json`, 'utf8'),
    )
    packages.set(`${name}@${version}`, {
      ...{ name, version, license },
      text: await licenseText(directory),
    })
  }
  return [...packages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found)
}

/** The nearest directory with a package.json that has a version: some have one without for their ES modules. */
async function packageOf(file) {
  for (let directory = dirname(file); directory !== '.'; directory = dirname(directory)) {
    const manifest = `${directory}/package.json`
    const exists = await access(manifest).then(
      () => true,
      () => false,
    )
    if (exists && JSON.parse(await readFile(manifest, 'utf8')).version) return directory
  }
  throw new Error(`${file} belongs to no package`)
}

async function licenseText(directory) {
  const name = (await readdir(directory)).find((file) => /^licen[cs]e/i.test(file))
  return name === undefined ? '' : readFile(`${directory}/${name}`, 'utf8')
}

/** @returns {string} a notice for each package, as their licenses demand of whoever passes them on */
export function notices(packages) {
  return packages
    .map(({ name, version, license, text }) =>
      [`${name} ${version} (${license})`, '', text.trim(), '', '='.repeat(78), ''].join('\n'),
    )
    .join('\n')
}
