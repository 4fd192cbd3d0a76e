import { readFileSync } from 'node:fs'
import { helpOptions, manualOptions, runBinary } from '@z3/fixtures'
import t from 'tap'

const manual = readFileSync(new URL('../man/z3-check.1.md', import.meta.url), 'utf8')

void t.test('the manual describes the options that help shows', async (t) => {
  const { stdout } = await runBinary('z3-check', ['--help-all'])
  const help = helpOptions(String(stdout))
  t.ok(help.size > 5, 'the options were found')
  t.strictSame([...manualOptions(manual)].sort(), [...help].sort())
})
