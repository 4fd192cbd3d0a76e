import t from 'tap'
import { checkDatasetName, formatSnapshotName, parseSnapshotName } from '../src/index.js'

const long = (prefix: string, length: number): string => prefix + 'x'.repeat(length - prefix.length)

void t.test('names that ZFS takes', (t) => {
  for (const [text, dataset, snapshot] of [
    ['tank@s', 'tank', 's'],
    ['tank/a@d-1', 'tank/a', 'd-1'],
    ['Tank/a b/C_d.e:f-g@2026-11-22 10:00:00', 'Tank/a b/C_d.e:f-g', null],
    ['tank/fs/%recv@%x', 'tank/fs/%recv', '%x'],
    ['tank/.hidden/...@.a', 'tank/.hidden/...', '.a'],
    ['c0t0d0/a@b', 'c0t0d0/a', 'b'],
    ['mirrors/raidz@mirror', 'mirrors/raidz', 'mirror'],
    ['t@ ', 't', ' '],
    [long('tank@', 255), 'tank', null],
    [`${'p'.repeat(239)}@s`, 'p'.repeat(239), 's'],
  ] as const) {
    const name = parseSnapshotName(text)
    t.equal(name.dataset, dataset, text)
    if (snapshot !== null) t.equal(name.snapshot, snapshot, text)
    t.equal(formatSnapshotName(name), text, 'is written as it was read')
    t.doesNotThrow(() => {
      checkDatasetName(dataset)
    })
  }
  t.end()
})

void t.test('names that ZFS refuses', (t) => {
  for (const [text, problem] of [
    ['', "no '@'"],
    ['tank', "no '@'"],
    ['tank@a@b', "more than one '@'"],
    ['tank@@', "more than one '@'"],
    ['tank@', 'empty'],
    ['@snap', 'empty'],
    ['/tank@a', 'empty'],
    ['tank/@a', 'empty'],
    ['tank//b@a', 'empty'],
    ['tank@a/b', "'/' after the '@'"],
    ['tank/.@a', "'.'"],
    ['tank/../b@a', "'..'"],
    ['tank@.', "'.'"],
    ['tank@..', "'..'"],
    ['tank#b@a', '"#"'],
    ['tank/a+b@c', '"+"'],
    ['tank@a\n', '"\\n"'],
    ['tank@a\tb', '"\\t"'],
    ['tank/ü@a', '"ü"'],
    ['tank/🦊@a', '"🦊"'],
    ['tank@a\0', '"\\u0000"'],
    ['0tank@a', 'letter'],
    ['-tank@a', 'letter'],
    [' tank@a', 'letter'],
    ['ta%nk@a', "'%'"],
    ['mirror@a', 'reserved'],
    ['raidz/a@b', 'reserved'],
    ['draid@a', 'reserved'],
    [long('tank@', 256), 'longer than 255'],
    [`${'p'.repeat(240)}@s`, 'pool is longer than 239'],
  ] as const) {
    t.throws(
      () => parseSnapshotName(text),
      { code: 'invalid-name', exitStatus: 2 },
      JSON.stringify(text),
    )
    try {
      parseSnapshotName(text)
    } catch (error) {
      t.match(String(error), problem, 'and the message says why')
      t.notMatch(String(error), /\n/, 'in one line')
    }
  }
  t.end()
})

void t.test('checkDatasetName', (t) => {
  for (const bad of ['', 'a@b', 'a/', 'a#b', '1a', long('a', 256)]) {
    t.throws(
      () => {
        checkDatasetName(bad)
      },
      { code: 'invalid-name', message: /^invalid dataset name/ },
      bad,
    )
  }
  t.end()
})
