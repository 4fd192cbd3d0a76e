import t from 'tap'
import { receiveCommand } from '../src/receive-command.js'
import { sendCommand } from '../src/send-command.js'

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
      args: [
        ...['send', '-w', '-L', '-e', '-c'],
        ...['-i', 'tank/a@one', 'tank/with space@-two'],
      ],
    },
    'flags in one order',
  )
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
    [
      ...['receive', '-u', '-F', '-s'],
      ...['-o', 'compression=lz4', '-xatime', 'tank/a@one'],
    ],
  )
  t.end()
})
