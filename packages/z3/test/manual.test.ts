import { readFileSync } from 'node:fs'
import { helpOptions, manualOptions, runBinary } from '@z3/fixtures'
import t from 'tap'

const COMMANDS = [
  'status',
  'list',
  'report',
  'backup',
  'restore',
  'verify',
  'recovery-sheet',
  'iam-policy',
  'prune',
  'copy',
  'config',
  'init',
  'doctor',
  'completion',
  'cleanup',
]

const manual = readFileSync(new URL('../man/z3.1.md', import.meta.url), 'utf8')

void t.test('the manual describes the options that help shows', async (t) => {
  const shown = new Set<string>()
  for (const command of ['', ...COMMANDS]) {
    const args = command === '' ? ['--help-all'] : [command, '--help-all']
    const { code, stdout } = await runBinary('z3', args)
    t.equal(code, 0)
    const options = helpOptions(String(stdout))
    t.ok(options.size > 4, `${args.join(' ')}: the options were found`)
    for (const option of options) shown.add(option)
  }
  t.strictSame([...manualOptions(manual)].sort(), [...shown].sort())
})

void t.test('the manual shows the commands that help shows', async (t) => {
  const { stdout } = await runBinary('z3', ['--help-all'])
  const commands = [...String(stdout).matchAll(/^ +z3 ([a-z-]+) /gm)]
  t.strictSame(
    commands.map(([, name]) => name),
    [...COMMANDS, 'help'],
  )
  for (const command of COMMANDS) {
    t.match(manual, `\`z3\` [_options_] \`${command}\``)
    t.match(manual, `**z3 ${command}** `)
  }
})
