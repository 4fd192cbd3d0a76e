import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// Imports run binary -> libraries -> core, never the other way
// (docs/architecture.md). pnpm enforces what is declared, this what may be.
const layer = (dir, forbidden) => ({
  files: [`packages/${dir}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: forbidden,
            message: `packages/${dir} may not import this: see docs/architecture.md`,
          },
          {
            regex: '^@z3/[^/]+/',
            message: "import a package, not another package's files",
          },
        ],
      },
    ],
  },
})

export default tseslint.config(
  {
    ignores: ['**/dist/', '**/.tap/', '.tests/', 'packages/zstream/assembly/', '**/coverage/'],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.object.name='AbortSignal'][callee.property.name='any'] MemberExpression[object.name='AbortSignal'][property.name='timeout']",
          message:
            'Node 20 may collect a timeout that only AbortSignal.any refers to: it never aborts',
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        AbortController: 'readonly',
        setInterval: 'readonly',
      },
    },
  },
  // core is pure: no I/O, and no dependency but a pure function
  layer('core', '^(?!\\./|\\.\\./|(fastest-levenshtein|pretty-ms)$)'),
  layer('config', '^(pput|z3-get|z3|@z3/(cli|s3|pipeline|zfs|replicate))$'),
  layer('s3', '^(pput|z3-get|z3|@z3/(cli|config|pipeline|zfs|replicate))$'),
  layer('cli', '^(pput|z3-get|z3|@z3/(s3|pipeline|zfs|replicate))$'),
  layer('pipeline', '^(pput|z3-get|z3|@z3/(?!core$).*)$'),
  layer('zfs', '^(pput|z3-get|z3|@z3/(?!(core|pipeline)$).*)$'),
  layer('replicate', '^(pput|z3-get|z3|@z3/(?!(core|pipeline|zfs)$).*)$'),
  layer('backup', '^(pput|z3.*)$'),
  layer('zstream', '^(pput|z3-get|z3|@z3/(?!core$).*)$'),
  layer('zstream-verify', '^(pput|z3.*|@z3/(s3|config|pipeline|zfs|replicate))$'),
  layer('pput', '^(z3-get|z3|@z3/(zfs|replicate))$'),
  layer('z3-get', '^(pput|z3|@z3/(zfs|replicate))$'),
  layer('z3', '^(pput|z3-get)$'),
  layer('z3-ssh-sync', '^(pput|z3-get|z3|@z3/s3)$'),
  layer('z3-check', '^(pput|z3.*|@z3/(s3|config|replicate))$'),
  layer('z3-thin', '^(pput|z3.*|@z3/(s3|config|pipeline|zfs|replicate))$'),
  layer('z3-snap', '^(pput|z3.*|@z3/s3)$'),
  layer('z3-autobackup', '^(pput|z3.*|@z3/s3)$'),
)
