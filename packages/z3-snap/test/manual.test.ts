import { readFileSync } from 'node:fs'
import { helpOptions, manualOptions, runBinary } from '@z3/fixtures'
import t from 'tap'

void t.test('the manual describes the options that help shows', async (t) => {
  const { stdout } = await runBinary('z3-snap', ['--help-all'])
  const help = helpOptions(String(stdout))
  const manual = manualOptions(
    readFileSync(new URL('../man/z3-snap.1.md', import.meta.url), 'utf8'),
  )
  t.ok(help.size > 25, 'the options were found')
  t.strictSame([...manual].sort(), [...help].sort())
})
