import { readFileSync } from 'node:fs'
import { helpOptions, manualOptions, runBinary } from '@z3/fixtures'
import t from 'tap'

const manual = readFileSync(new URL('../man/z3-thin.1.md', import.meta.url), 'utf8')

void t.test('the manual describes the options that help shows', async (t) => {
  const { stdout } = await runBinary('z3-thin', ['--help-all'])
  const help = helpOptions(String(stdout))
  t.ok(help.size > 5, 'the options were found')
  t.strictSame([...manualOptions(manual)].sort(), [...help].sort())
})

void t.test('the manual has the pipe that destroys', (t) => {
  t.match(
    manual,
    "zfs list -Hp -t snapshot -o creation,createtxg,name -d 1 tank/home | z3-thin --createtxg 10,1d1w | xargs -r -d '\\n' -n 1 zfs destroy",
  )
  t.end()
})
