import { readFileSync } from 'node:fs'
import { helpOptions, manualOptions, runBinary } from '@z3/fixtures'
import t from 'tap'

void t.test('the manual describes the options that help shows', async (t) => {
  const manual = readFileSync(new URL('../man/zstream-verify.1.md', import.meta.url), 'utf8')
  const { stdout } = await runBinary('zstream-verify', ['--help-all'])
  const help = helpOptions(String(stdout))
  t.ok(help.size > 4, 'the options were found')
  t.strictSame([...manualOptions(manual)].sort(), [...help].sort())
})
