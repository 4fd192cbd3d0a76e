// Compile all tests to JavaScript at once: tap's own loader compiles every file again for each test.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { banner } from './lib/bundle-options.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = join(root, '.tests')

/** Every test file of the checkout, sorted. */
export async function findTests() {
  const packages = await readdir(join(root, 'packages'))
  const directories = [...packages.map((name) => `packages/${name}`), 'fixtures']
  const found = await Promise.all(
    directories.map(async (directory) => {
      const test = join(root, directory, 'test')
      const files = await readdir(test, { recursive: true }).catch(() => [])
      return files
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => join(directory, 'test', file))
    }),
  )
  return found.flat().sort()
}

/**
 * Compile these tests.
 *
 * @param tests paths of TypeScript files
 * @returns the paths of the compiled files, in the same order
 */
export async function compileTests(tests) {
  await rm(outdir, { recursive: true, force: true })
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  await build({
    absWorkingDir: root,
    entryPoints: tests.map((test) => resolve(root, test)),
    outbase: root,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'inline',
    sourcesContent: false,
    external: ['tap', 'typescript', 'esbuild', 'playwright-core', 'axe-core'],
    banner,
    // as in the bundles
    define: { Z3_VERSION: JSON.stringify(version) },
    plugins: [keepUrls],
    logLevel: 'warning',
  })
  return tests.map((test) =>
    join(outdir, relative(root, resolve(root, test)).replace(/\.ts$/, '.js')),
  )
}

/** Packages whose tests start no programs and change nothing of their process. */
const SHARING = ['backup', 'config', 'core', 'replicate', 'zstream']

/**
 * The processes that run compiled tests.
 *
 * @param tests paths of TypeScript files
 * @param compiled their compiled files, in the same order
 * @returns for each process its name in reports, and the script that it runs
 */
export async function inProcesses(tests, compiled) {
  const processes = []
  const shared = new Map()
  tests.forEach((test, index) => {
    const name = relative(root, resolve(root, test))
    const directory = SHARING.find((one) => name.startsWith(`packages/${one}/`))
    if (directory === undefined) processes.push({ name, script: compiled[index] })
    else
      shared.set(directory, [...(shared.get(directory) ?? []), { name, script: compiled[index] }])
  })
  for (const [directory, files] of shared) {
    if (files.length === 1) {
      processes.push(...files)
      continue
    }
    const script = join(outdir, `${directory}.js`)
    const imports = files.map(
      (file) => `import ${JSON.stringify(pathToFileURL(file.script).href)}\n`,
    )
    await writeFile(script, imports.join(''))
    processes.push({ name: `packages/${directory}/test/*.test.ts`, script })
  }
  return processes
}

/** `import.meta.url` stays that of the file as it is written, or as tsc built it, so that what lies beside it is found. */
const keepUrls = {
  name: 'keep-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\.[tj]s$/ }, async ({ path }) => {
      if (path.includes('/node_modules/')) return undefined
      const contents = await readFile(path, 'utf8')
      if (!contents.includes('import.meta.url')) return undefined
      const built = path.replace(/\/src\/(.*)\.ts$/, '/dist/$1.js')
      const url = JSON.stringify(pathToFileURL(built).href)
      return {
        contents: contents.replaceAll('import.meta.url', url),
        loader: path.endsWith('.ts') ? 'ts' : 'js',
      }
    })
  },
}
