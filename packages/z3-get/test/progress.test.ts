/** Progress on a real terminal. */
import { MIB } from '@z3/core'
import { pattern, runOnTerminal } from '@z3/fixtures'
import t from 'tap'
import { setup } from './setup.js'

void t.test('z3-get --progress on a terminal', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(3 * MIB))
  const run = async (words: string, TERM = 'xterm') => {
    const command = `stty cols 100 rows 20; z3-get --progress --rate 1M ${words} > /dev/null`
    const { code, screen } = await runOnTerminal(command, [], {
      ...{ ...bucket.env, HOME: t.testdirName, LANG: 'C.UTF-8', TERM },
    })
    t.equal(code, 0, screen)
    return screen
  }
  // one range: its bytes count as they arrive, and not when it is complete
  const screen = await run('k')
  t.match(screen, /k {2}[12]\.\d+M of 3M {2}\d+ % {2}\S+\/s {2}/)
  t.match(screen, '\x1b[1A', 'redrawn in place')
  t.ok(screen.endsWith('\x1b[0J'), 'removed at the end')
  t.equal(await run('k', 'dumb'), '3M of 3M (100 %)\r\n')
})
