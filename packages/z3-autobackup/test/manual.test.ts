import { readFileSync } from 'node:fs'
import { helpOptions, manualOptions, runBinary } from '@z3/fixtures'
import t from 'tap'

void t.test('the manual describes the options that help shows', async (t) => {
  const shown = await runBinary('z3-autobackup', ['--help-all'])
  const help = new Set(helpOptions(String(shown.stdout)))
  const manual = manualOptions(
    readFileSync(new URL('../man/z3-autobackup.1.md', import.meta.url), 'utf8'),
  )
  t.ok(help.size > 40, 'the options were found')
  t.strictSame([...manual].sort(), [...help].sort())
})
