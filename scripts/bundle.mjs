// Make one bundle of each binary, and its manual page: start-up is part of the product, and loading
// one file takes two thirds of the time that loading the AWS SDK's files takes.
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { promisify } from 'node:util'
import { build } from 'esbuild'

/** What must be a file by itself where the package is used. */
const threads = {
  '@z3/s3': { 'range-worker': '@z3/s3/range-worker', 'etag-worker': '@z3/s3/etag-worker' },
}
/** Each package with a binary. */
const binaries = [
  'pput',
  'z3-get',
  'z3',
  'z3-ssh-sync',
  'z3-thin',
  'z3-snap',
  'z3-autobackup',
  'zstream-verify',
]

const root = new URL('..', import.meta.url)
process.chdir(root.pathname)
const { version } = JSON.parse(await readFile('package.json', 'utf8'))

await Promise.all(
  binaries.map(async (name) => {
    const directory = `packages/${name}`
    const { devDependencies } = JSON.parse(await readFile(`${directory}/package.json`, 'utf8'))
    const files = Object.entries(threads)
      .filter(([library]) => library in devDependencies)
      .map(([, entries]) => entries)
    await rm(`${directory}/dist/bundle`, { recursive: true, force: true })
    await build({
      absWorkingDir: `${root.pathname}${directory}`,
      entryPoints: Object.assign({ bin: './dist/bin.js' }, ...files),
      outdir: 'dist/bundle',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      // readable stacks are worth more than the bytes
      minify: false,
      legalComments: 'none',
      define: { Z3_VERSION: JSON.stringify(version) },
      // CommonJS inside of the bundle asks for Node's own modules, and for its name
      banner: {
        js: [
          "import { createRequire as __createRequire } from 'node:module';",
          "import { fileURLToPath as __fileURLToPath } from 'node:url';",
          'const require = __createRequire(import.meta.url);',
          'const __filename = __fileURLToPath(import.meta.url);',
        ].join(''),
      },
      // cosmiconfig would load it for configuration in TypeScript, which we
      // never let it do
      external: ['typescript'],
      logLevel: 'warning',
    })
    await chmod(`${directory}/bin/${name}.js`, 0o755)
    await mkdir(`${directory}/dist/man`, { recursive: true })
    const { stdout: manual } = await promisify(execFile)('node_modules/.bin/marked-man', [
      '--version',
      version,
      `${directory}/man/${name}.1.md`,
    ])
    await writeFile(`${directory}/dist/man/${name}.1`, manual)
  }),
)
