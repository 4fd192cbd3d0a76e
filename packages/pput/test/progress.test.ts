/** Progress on a real terminal. */
import { stripVTControlCharacters } from 'node:util'
import { fakeBucket, runOnTerminal } from '@z3/fixtures'
import t from 'tap'

void t.test('pput --progress on a terminal', async (t) => {
  const bucket = await fakeBucket({ minPartSize: 5 * 1024 ** 2 })
  t.teardown(() => bucket.close())
  const run = async (input: string, words: string, TERM = 'xterm') => {
    const command = `stty cols 100 rows 20; ${input} pput --progress ${words}`
    const { code, screen } = await runOnTerminal(command, [], {
      ...{ ...bucket.env, HOME: t.testdirName, LANG: 'C.UTF-8', TERM },
    })
    t.equal(code, 0, screen)
    return screen
  }

  // the bytes of an unfinished part count as read, and not as uploaded
  const piped = await run(
    "sh -c 'head -c 7M /dev/zero; sleep 2; head -c 1M /dev/zero' |",
    '--estimated 9M a',
  )
  t.match(piped, /a {2}7M of about 9M {2}78 % {2}\S+\/s {2}\S+ {2}5M uploaded/)
  t.match(piped, '\x1b[1A', 'redrawn in place')
  t.notMatch(piped, 'uploaded chunk')
  const [end = ''] = stripVTControlCharacters(piped).split(/\r?\n/).slice(-2)
  t.match(JSON.parse(end), { status: 'success', bytes: 8 * 1024 ** 2 })

  // more is read than a slow server has acknowledged
  const file = `${t.testdir({ file: 'x'.repeat(8 * 1024 ** 2) })}/file`
  const exact = await run('', `--rate 3M b < ${file}`)
  t.match(exact, /b {2}8M of 8M {2}100 % {2}\S+\/s {2}\S+ {2}(0B|3M|5M) uploaded/)

  const dumb = await run('', `c < ${file}`, 'dumb')
  t.match(dumb, /^uploaded chunk 1 \r$/m)
  t.notMatch(dumb, '\x1b')
})
