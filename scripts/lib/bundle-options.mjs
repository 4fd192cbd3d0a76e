// The programs of the toolkit, and how they are bundled: in their packages, and all in one for a release.

/** Each package with a program, and the older names that it answers to. */
export const programs = {
  z3: [],
  pput: [],
  'z3-get': ['z3_get'],
  'z3-ssh-sync': ['z3_ssh_sync'],
  'z3-autobackup': [],
  'z3-snap': [],
  'z3-thin': [],
  'z3-check': [],
  'zstream-verify': [],
}

/** Threads of libraries and programs: each is a file of its own beside the program that starts it. */
export const threads = {
  '@z3/s3': {
    'range-worker': '@z3/s3/range-worker',
    'digest-worker': '@z3/s3/digest-worker',
    'sender-worker': '@z3/s3/sender-worker',
  },
  // a program exports nothing: its thread is found from beside it
  'z3-check': { 'hash-worker': '../z3-check/dist/hash/hash-worker.js' },
}

/** CommonJS inside of a bundle asks for Node's own modules, and for its name. */
export const banner = {
  js: [
    "import { createRequire as __createRequire } from 'node:module';",
    "import { fileURLToPath as __fileURLToPath } from 'node:url';",
    'const require = __createRequire(import.meta.url);',
    'const __filename = __fileURLToPath(import.meta.url);',
  ].join(''),
}

/**
 * The layout of yargs' own help, which no program shows: its tables of Unicode take half of the
 * time that yargs takes to load.
 */
const withoutLayout = {
  name: 'yargs-without-layout',
  setup: (build) => {
    build.onResolve({ filter: /^(cliui|string-width)$/ }, ({ path, importer }) =>
      importer.includes('/yargs/') ? { path, namespace: 'unused' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: "export default () => { throw new Error('yargs shows no help here') }",
    }))
  },
}

/** @param {string} version What --version prints. */
export const bundleOptions = (version) => ({
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // unused commands of the SDK can be omitted from ES modules only
  mainFields: ['module', 'main'],
  target: 'node20.19',
  // readable stacks are worth more than the bytes
  minify: false,
  legalComments: 'none',
  define: { Z3_VERSION: JSON.stringify(version) },
  banner,
  plugins: [withoutLayout],
  // cosmiconfig would load it for configuration in TypeScript, which we never let it do
  external: ['typescript'],
  logLevel: 'warning',
})
