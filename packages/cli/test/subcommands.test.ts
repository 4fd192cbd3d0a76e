import { testIo } from '@z3/fixtures'
import t from 'tap'
import { optionFlags, runSubcommands, type CommandSpec } from '../src/index.js'

const globals = {
  ...optionFlags('FILESYSTEM', 'SNAPSHOT_PREFIX'),
  verbose: { type: 'boolean', alias: 'v' },
} as const
const options = {
  ...globals,
  json: { type: 'boolean' },
  level: { type: 'string', requiresArg: true },
} as const

const spec: CommandSpec<typeof options> = {
  name: 'z9 status',
  usage: '[options] [DATASET]',
  description: 'Shows a thing.',
  options,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  examples: [['$0 tank', 'an example']],
  exitStatus: '0 shown.',
  version: '1.2.3',
}

/** What was loaded, the arguments of the action, the status, what was said. */
const run = async (...argv: string[]) => {
  const io = testIo()
  const loaded: string[] = []
  let args: unknown
  const status = await runSubcommands(
    {
      name: 'z9',
      description: 'Does things.',
      globals,
      version: '1.2.3',
      commands: {
        status: {
          describe: 'show a thing',
          load: () => {
            loaded.push('status')
            return Promise.resolve({
              spec,
              action: (given: { readonly operands: readonly string[] }) => {
                args = given
                return Promise.resolve(7)
              },
            })
          },
        },
        restore: {
          describe: 'bring a thing back',
          load: () => Promise.reject(new Error('never')),
        },
      },
    },
    argv,
    io,
  )
  return { status, args, loaded, out: io.out(), err: io.err() }
}

void t.test('global options before and after the command', async (t) => {
  const cases: readonly [string, object][] = [
    ['status', { operands: [] }],
    ['--dataset tank/a status', { filesystem: 'tank/a' }],
    ['status --dataset tank/a', { filesystem: 'tank/a' }],
    ['--filesystem=status status', { filesystem: 'status' }],
    ['--file=status status', { filesystem: 'status' }],
    ['--snap a status --le 3', { 'snapshot-prefix': 'a', level: '3' }],
    ['--dataset status status x', { filesystem: 'status', operands: ['x'] }],
    ['-v status --json', { verbose: true, json: true }],
    ['--verbose --config c status', { verbose: true, config: 'c' }],
    ['--debug status status', { debug: true, operands: ['status'] }],
    ['--snapshot-prefix "" status', { 'snapshot-prefix': '' }],
    ['--snapshot-prefix -1 status', { 'snapshot-prefix': '-1' }],
    ['status --level help', { level: 'help' }],
  ]
  for (const [line, expected] of cases) {
    const words = line.split(' ').map((word) => (word === '""' ? '' : word))
    const { status, args, err, loaded } = await run(...words)
    t.equal(err, '', line)
    t.equal(status, 7)
    t.match(args, { operands: [], ...expected })
    t.same(loaded, ['status'])
  }
})

void t.test('an option is the same option on both sides', async (t) => {
  const { status, err } = await run('--dataset', 'a', 'status', '--dataset', 'b')
  t.equal(status, 2)
  t.match(err, 'z9: --filesystem may be given only once\n')
})

void t.test('what is wrong', async (t) => {
  const cases: readonly [string, string, string][] = [
    [
      'statsu',
      "unknown command 'statsu' (did you mean status? allowed: status, restore, help)",
      'See z9 --help.',
    ],
    [
      '-v remove --nope',
      "unknown command 'remove' (allowed: status, restore, help)",
      'See z9 --help.',
    ],
    [
      'constructor',
      "unknown command 'constructor' (allowed: status, restore, help)",
      'See z9 --help.',
    ],
    ['help nope', "unknown command 'nope' (allowed: status, restore, help)", 'See z9 --help.'],
    [
      '--json status',
      'unknown option --json before the command',
      'Write the options of a command after it; see z9 --help.',
    ],
    ['--dataset', '--dataset needs a value', 'See z9 --help.'],
    ['status --nope', 'unknown option --nope', 'See z9 status --help.'],
    ['status a b', "unexpected argument 'b'", 'See z9 status --help.'],
    ['status a -- b', "unexpected argument 'b'", 'See z9 status --help.'],
  ]
  for (const [line, message, hint] of cases) {
    const { status, args, out, err } = await run(...line.split(' '))
    t.equal(err, `z9: ${message}\nhint: ${hint}\n`, line)
    t.equal(status, 2)
    t.equal(out, '')
    t.equal(args, undefined, 'nothing was done')
  }
})

void t.test('a module that does not load is for run to report', (t) =>
  t.rejects(run('restore'), { message: 'never' }),
)

void t.test('help', async (t) => {
  const top = await run('--help')
  t.equal(top.status, 0)
  t.equal(top.err, '')
  t.same(top.loaded, [], 'needs no command')
  t.match(top.out, /^Usage: z9 COMMAND \[options\]\n\nDoes things\.\n/)
  t.match(top.out, /\n +z9 status +show a thing\n +z9 restore +bring a thing/)
  t.match(top.out, /--filesystem, --dataset/)
  t.ok(top.out.split('\n').every((line) => line.length <= 80))
  for (const line of ['-h', 'help', 'help help', '-v help']) {
    t.same(await run(...line.split(' ')), top, line)
  }

  const one = await run('status', '--help')
  t.equal(one.status, 0)
  t.match(one.out, /^Usage: z9 status \[options\] \[DATASET\]\n\nShows a/)
  t.match(one.out, 'z9 status tank  # an example')
  for (const line of ['help status', '--help status', 'help -v status']) {
    t.same(await run(...line.split(' ')), one, line)
  }

  const none = await run()
  t.equal(none.status, 2)
  t.equal(none.out, '')
  t.equal(none.err, top.out)
  t.equal((await run('--dataset', 'status')).err, top.out, 'a value is none')
})

void t.test('version', async (t) => {
  for (const line of ['--version', '-V', 'status -V', '-V status']) {
    const { status, out } = await run(...line.split(' '))
    t.equal(status, 0)
    t.equal(out, '1.2.3\n', line)
  }
})
