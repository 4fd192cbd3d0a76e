import { PassThrough } from 'node:stream'
import t from 'tap'
import { LiveLines } from '../../src/terminal/live-lines.js'

const ESC = '\x1b'
const CODES = new RegExp(`${ESC}\\[(\\d+)A|${ESC}\\[0?J|\\r|\\n|[^${ESC}\\r\\n]+`, 'g')

/** What a terminal shows of this: cursor up, carriage return, line feed, and clear to the end. */
const screenOf = (text: string): readonly string[] => {
  const rows: string[] = ['']
  let row = 0
  let column = 0
  for (const [part, up] of text.matchAll(CODES)) {
    if (up !== undefined) row -= Number(up)
    else if (part.endsWith('J')) {
      rows.length = row + 1
      rows[row] = (rows[row] ?? '').slice(0, column)
    } else if (part === '\r') column = 0
    else if (part === '\n') {
      row += 1
      column = 0
      rows[row] ??= ''
    } else {
      const old = rows[row] ?? ''
      rows[row] = `${old.slice(0, column)}${part}${old.slice(column + part.length)}`
      column += part.length
    }
  }
  return rows
}

const setup = (columns: number | undefined = 40, rows: number | undefined = 10) => {
  const stream = new PassThrough()
  let written = ''
  stream.on('data', (chunk: Buffer) => {
    written += String(chunk)
  })
  const live = new LiveLines(stream, () => ({ columns, rows }))
  const log = live.above({ write: (data) => stream.write(data) })
  const screen = async () => {
    await new Promise(setImmediate)
    return screenOf(written)
  }
  return { live, log, screen, written: () => written }
}

void t.test('lines are redrawn in place, and the log appears above', async (t) => {
  const { live, log, screen } = setup()
  log.write('before\n')
  live.show(['a 1', 'b 1'])
  t.strictSame(await screen(), ['before', 'a 1', 'b 1', ''])
  live.show(['a 2', 'b 2'])
  log.write('one\ntwo\n')
  t.strictSame(await screen(), ['before', 'one', 'two', 'a 2', 'b 2', ''])
  live.show(['b 3'])
  t.strictSame(await screen(), ['before', 'one', 'two', 'b 3', ''])
  live.show([])
  log.write('after\n')
  t.strictSame(await screen(), ['before', 'one', 'two', 'after', ''])
})

void t.test('an unfinished line stays in one piece', async (t) => {
  const { live, log, screen } = setup()
  live.show(['a 1'])
  log.write('first ')
  live.show(['a 2'])
  t.strictSame(await screen(), ['first '])
  log.write(Buffer.from('half\n'))
  t.strictSame(await screen(), ['first half', 'a 2', ''])
})

void t.test('lines are cut, never wrapped, and harmless', async (t) => {
  const { live, screen, written } = setup(10, 3)
  live.show(['0123456789', 'a\x1b[2Jb', 'c'])
  t.strictSame(await screen(), ['012345678', 'a\\x1b[2Jb', ''])
  t.notMatch(written(), '\x1b[2J')
  t.strictSame(setup(0, 0).live.room, { width: 79, lines: 23 }, 'a terminal of unknown size')
})
