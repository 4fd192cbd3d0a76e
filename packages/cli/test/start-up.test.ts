import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fakeBucket, runBinary } from '@z3/fixtures'
import t from 'tap'
import { PROGRAMS } from './programs.js'

const hook = fileURLToPath(new URL('log-modules.mjs', import.meta.url))

/** What prints options needs, and what finds a subcommand. */
const HELP = [
  ...['fastest-levenshtein', 'ms', 'string-argv', 'yargs-parser'],
  // 140 lines in the chunk of @z3/core, which every program loads as a whole
  ...['parse-ms', 'pretty-ms'],
]
/** What parses options needs, too. */
const PARSER = ['@z3/cli', 'escalade', 'get-caller-file', 'y18n', 'yargs']

/**
 * Run a program, and name the packages of which it has loaded anything: a comment in the bundle
 * names the file that each part of it is made of.
 */
async function packagesOf(
  name: (typeof PROGRAMS)[number],
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
) {
  const log = `${t.testdir({ modules: '' })}/modules`
  const { code, stderr } = await runBinary(name, args, {
    ...options,
    env: { ...options.env, NODE_OPTIONS: `--import=${hook}`, MODULES: log },
  })
  const files = readFileSync(log, 'utf8')
    .split('\n')
    .filter((url) => url.includes('/dist/bundle/'))
  const parts = files.flatMap((url) => [
    ...readFileSync(fileURLToPath(url), 'utf8').matchAll(
      /^ *\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm,
    ),
  ])
  const loaded = [...new Set(parts.map(([, found = '']) => found))].sort()
  return { code, stderr, files: files.length, loaded }
}

void t.test('help, the version and usage errors load no more than the options', async (t) => {
  for (const name of PROGRAMS) {
    for (const [args, status, allowed] of [
      [['--help'], 0, HELP],
      [['--version'], 0, HELP],
      [['--nope'], name === 'z3-autobackup' ? 255 : 2, [...HELP, ...PARSER]],
    ] as const) {
      const { code, stderr, files, loaded } = await packagesOf(name, args)
      const line = `${name} ${args.join(' ')}`
      t.equal(code, status, `${line}: ${stderr}`)
      t.ok(files > 0, `${line}: the trace has seen the bundle`)
      t.strictSame(
        loaded.filter((one) => !(allowed as readonly string[]).includes(one)),
        [],
        `${line}: other packages`,
      )
    }
  }
})

void t.test(
  'a run loads no parser of files and no source of credentials that it does not need',
  async (t) => {
    const bucket = await fakeBucket()
    const { code, stderr, loaded } = await packagesOf('pput', ['k'], {
      env: bucket.env,
      stdin: 'x',
    })
    await bucket.close()
    t.equal(code, 0, stderr)
    // else the trace, or the comments that it reads, would prove nothing
    t.ok(loaded.includes('@aws-sdk/client-s3'))
    t.strictSame(
      loaded.filter((one) =>
        /^(yaml|cosmiconfig|proper-lockfile|.*-(sso|ini|process|login|web-identity))$/.test(one),
      ),
      [],
    )
  },
)
