import t from 'tap'
import { receiveCommand } from '../src/stream/receive.js'
import { resumeCommand, sendCommand } from '../src/stream/send.js'

const one = { dataset: 'tank/a', snapshot: 'one' }
const odd = { dataset: 'tank/with space', snapshot: '-two' }

void t.test('send', (t) => {
  t.strictSame(sendCommand({ snapshot: one, flags: [] }), {
    file: 'zfs',
    args: ['send', 'tank/a@one'],
  })
  t.strictSame(
    sendCommand({ snapshot: odd, base: one, flags: ['c', 'w', 'L', 'e'] }),
    {
      file: 'zfs',
      args: [...['send', '-w', '-L', '-e', '-c'], ...['-i', 'tank/a@one', 'tank/with space@-two']],
    },
    'flags in one order',
  )
  t.end()
})

void t.test('send all in between, from a bookmark, the rest', (t) => {
  t.strictSame(sendCommand({ snapshot: odd, base: one, between: true, flags: ['w'] }).args, [
    'send',
    '-w',
    '-I',
    'tank/a@one',
    'tank/with space@-two',
  ])
  const mark = { dataset: 'tank/with space', bookmark: 'm 1' }
  t.strictSame(sendCommand({ snapshot: odd, base: mark, flags: [] }).args, [
    ...['send', '-i', 'tank/with space#m 1', 'tank/with space@-two'],
  ])
  t.throws(() => sendCommand({ snapshot: odd, base: mark, between: true, flags: [] }), RangeError)
  t.strictSame(resumeCommand('1-cdca5d5e4-b8-789c63'), {
    file: 'zfs',
    args: ['send', '-t', '1-cdca5d5e4-b8-789c63'],
  })
  for (const token of ['', '-', '1-x', '-w', '1-a-b-c d', '1-a-b-c\n']) {
    t.throws(() => resumeCommand(token), { code: 'zfs-failed' }, token)
  }
  t.end()
})

void t.test('receive', (t) => {
  t.strictSame(receiveCommand({ name: odd }), {
    file: 'zfs',
    args: ['receive', 'tank/with space@-two'],
  })
  t.strictSame(
    receiveCommand({
      name: one,
      force: true,
      unmounted: true,
      resumable: true,
      options: ['-o', 'compression=lz4', '-xatime'],
    }).args,
    [...['receive', '-u', '-F', '-s'], ...['-o', 'compression=lz4', '-xatime', 'tank/a@one']],
  )
  t.end()
})
