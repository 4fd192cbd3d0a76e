import { helpOptions, testIo } from '@z3/fixtures'
import { DEFAULT_SCHEDULE, parseSchedule } from '@z3/core'
import { parseArgsStringToArgv } from 'string-argv'
import t from 'tap'
import { spec as pput } from '../../pput/src/command-line.js'
import { spec as autobackup } from '../../z3-autobackup/src/options/command-line.js'
import { spec as check } from '../../z3-check/src/command-line.js'
import { spec as get } from '../../z3-get/src/command-line.js'
import { spec as snap } from '../../z3-snap/src/command-line.js'
import { spec as sync } from '../../z3-ssh-sync/src/command-line.js'
import { spec as serve } from '../../z3-ssh-sync/src/serve/command.js'
import { commandLine } from '../../z3-thin/src/command-line.js'
import { spec as backup } from '../../z3/src/commands/backup.js'
import { spec as cleanup } from '../../z3/src/commands/cleanup.js'
import { spec as config } from '../../z3/src/commands/config.js'
import { spec as restore } from '../../z3/src/commands/restore.js'
import { spec as status } from '../../z3/src/commands/status.js'
import { spec as verify } from '../../z3/src/commands/verify.js'
import { spec as verifyStream } from '../../zstream-verify/src/command-line.js'
import { allOptions, type CommandSpec, type OptionTable } from '../src/arguments/command-spec.js'
import { runCommand } from '../src/index.js'

const SMALL: readonly CommandSpec<OptionTable>[] = [
  pput,
  get,
  snap,
  check,
  commandLine(parseSchedule(DEFAULT_SCHEDULE)),
  verifyStream,
  autobackup,
]
const ALL: readonly CommandSpec<OptionTable>[] = [
  ...SMALL,
  sync,
  serve,
  backup,
  cleanup,
  config,
  restore,
  status,
  verify,
]

/** What it prints, and the operands that an action gets: undefined where none runs. */
const run = async (spec: CommandSpec<OptionTable>, argv: readonly string[]) => {
  const io = testIo()
  let operands: readonly string[] | undefined
  const status = await runCommand(spec, argv, io, (args) => {
    operands = args.operands
    return Promise.resolve(0)
  })
  return { status, operands, lines: io.out().trimEnd().split('\n'), err: io.err() }
}

for (const spec of ALL) {
  void t.test(`${spec.name} --help`, async (t) => {
    const { lines } = await run(spec, ['--help'])
    t.match(lines[0], `Usage: ${spec.name} `)
    if (SMALL.includes(spec)) t.ok(lines.length <= 42, `${String(lines.length)} lines`)
    t.strictSame(
      lines.filter((line) => line.length > 80),
      [],
      'no line is wider than 80 columns',
    )
    t.ok(lines.indexOf('EXIT STATUS') - lines.indexOf('EXAMPLES') >= 4, 'two examples at least')
    for (const heading of ['EXAMPLES', 'EXIT STATUS']) t.ok(lines.includes(heading), heading)
    t.ok((spec.common ?? []).length <= 5)
    for (const name of spec.common ?? []) t.ok(name in allOptions(spec), name)
    const text = lines.join('\n')
    for (const name of Object.keys(allOptions(spec))) t.match(text, `--${name}`)
  })

  void t.test(`${spec.name} --help-all`, async (t) => {
    const { lines } = await run(spec, ['--help-all'])
    t.strictSame(
      lines.filter((line) => line.length > 80),
      [],
      'no line is wider than 80 columns',
    )
    const shown = helpOptions(lines.join('\n'))
    const text = lines.join(' ').replaceAll(/ +/g, ' ')
    for (const [name, { describe = '' }] of Object.entries(allOptions(spec))) {
      t.ok(shown.has(name), `--${name}`)
      t.ok(
        describe.length > 0 && text.includes(describe.replaceAll('\u00a0', ' ')),
        `--${name} is described`,
      )
    }
  })

  void t.test(`${spec.name}: what is shown as an example is understood`, async (t) => {
    const { lines } = await run(spec, ['--help-all'])
    const from = lines.indexOf('EXAMPLES')
    const commands = lines
      .slice(from + 1, lines.indexOf('', from))
      .map((line) => line.replace(/(^| )# .*$/, '').trim())
      .flatMap((line) => line.split(/\||&&|</))
      .map((command) => parseArgsStringToArgv(command.trim()))
      .filter((words) => words.join(' ').startsWith(spec.name))
    t.ok(commands.length > 0, 'there is one')
    for (const words of commands) {
      const { status, operands, err } = await run(spec, words.slice(spec.name.split(' ').length))
      t.equal(status, 0, err)
      t.ok(operands, words.join(' '))
    }
  })
}

void t.test('environment, default and name of a value', async (t) => {
  const text = (await run(pput, ['--help-all'])).lines.join('\n')
  t.match(text, /--concurrency N +Number of parts .*\(default: 8\)\n +\[env: CONCURRENCY\]/)
  const thinned = (await run(autobackup, ['--help-all'])).lines.join('\n')
  t.match(thinned, /--strip-path N\s+Remove [^)]*\(default: 0\)/)
  t.match(thinned, '--keep-common hold|bookmark|none')
})

void t.test('an unknown option', async (t) => {
  for (const [argv, message] of [
    [['k', '--overwite'], 'unknown option --overwite, did you mean --overwrite?'],
    [['k', '--concurency=3'], 'unknown option --concurency, did you mean --concurrency?'],
    [['k', '--mets', 'a=b'], 'unknown option --mets, did you mean --meta?'],
    [['k', '--help-al'], 'unknown option --help-al, did you mean --help-all?'],
    [['k', '--frobnicate'], 'unknown option --frobnicate\n'],
    [['k', '-z'], 'unknown option -z\n'],
  ] as const) {
    const { status, err, operands } = await run(pput, argv)
    t.equal(status, 2)
    t.match(err, message)
    t.equal(operands, undefined)
  }
})
