import { testIo } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'

void t.test('what is wrong is told before zfs is asked', async (t) => {
  for (const [words, message] of [
    [[], /too few arguments/],
    [['a', 'b'], /unexpected argument 'b'/],
    [[''], /the name of the backup is empty/],
    [['Daily'], /"autobackup:Daily": it contains "D"/],
    [['a', '--recursive'], /--recursive requires --dataset/],
    [['a', '--dataset', 'tank@x'], /invalid dataset name/],
    [['a', '--exclude', 'tank/'], /invalid dataset name/],
    [['a', '--min-change', '1.5G'], /--min-change: invalid size/],
    [['a', '--exclude-unchanged', 'x'], /--exclude-unchanged: invalid size/],
    [['a', '--min-change', '1', '--allow-empty'], /exclude each other/],
    [['a', '--dataset', 'tank', '--exclude-received'], /exclude each other/],
    [['a', '--snapshot-format', '{}'], /contains no time/],
    [['a', '--snapshot-format', '{}-%Q'], /'%Q'/],
    [['a', '--property-format', '{}'], /contains no ':'/],
    [['a', '--set-snapshot-properties', 'x=1'], /cannot be set/],
    [['a', '--set-snapshot-properties', 'a:x=1,'], /cannot be set/],
    [['a', '--pre-snapshot-cmd', 'a | b'], /is shell syntax/],
    [['a', '--post-snapshot-cmd', "a 'b"], /unterminated quote/],
    [['a', '--ssh-source', 'a b'], /a b/],
    [['a', '--ssh-source', 'host', '--port', 'x'], /is not a port/],
    [['a', '--nonsense'], /unknown option --nonsense/],
  ] as const) {
    // no zfs is found here
    const io = testIo({ PATH: '/nonexistent' })
    const status = await main(words, io)
    t.equal(status, 2, words.join(' '))
    t.match(io.err(), message)
    t.equal(io.out(), '')
  }
})
