import t from 'tap'
import { readDatasets } from '../src/read/datasets.js'
import { readSelection } from '../src/read/datasets.js'
import { fakeZfs } from './fake-zfs.js'

const get =
  'get -t filesystem,volume -Hp -o name,property,value,source type,written,createtxg,autobackup:x'

/** As OpenZFS 2.3 prints it. */
const row = (dataset: string, value: string, source: string, written = '24576'): string =>
  `${dataset}\ttype\tfilesystem\t-\n${dataset}\twritten\t${written}\t-\n${dataset}\tcreatetxg\t8\t-\n${dataset}\tautobackup:x\t${value}\t${source}\n`

const fact = {
  type: 'filesystem',
  written: 24576,
  createtxg: '8',
} as const

void t.test('one command; values as they are', async (t) => {
  const strange = 'li\tne\ntwo\tlocal\nno/name\tat all'
  const { run, calls } = fakeZfs({
    [get]:
      row('q', '-', '-') +
      row('q/a', 'true', 'local') +
      row('q/a/b c', 'true', 'inherited from q/a') +
      row('q/d', strange, 'received') +
      row('q/e', '', 'local') +
      row('q/v', '-', 'local', '0').replace('filesystem', 'volume'),
  })
  t.strictSame(await readSelection(run, 'autobackup:x'), [
    { dataset: 'q', value: '-', source: '-', ...fact },
    { dataset: 'q/a', value: 'true', source: 'local', ...fact },
    {
      dataset: 'q/a/b c',
      value: 'true',
      source: 'inherited from q/a',
      ...fact,
    },
    { dataset: 'q/d', value: strange, source: 'received', ...fact },
    { dataset: 'q/e', value: '', source: 'local', ...fact },
    {
      dataset: 'q/v',
      value: '-',
      source: 'local',
      ...fact,
      type: 'volume',
      written: 0,
    },
  ])
  t.equal(calls.length, 1)
  const none = fakeZfs({ [get]: '' })
  t.strictSame(await readSelection(none.run, 'autobackup:x'), [])
})

void t.test('what is not understood is an error', async (t) => {
  const good = row('q', 'true', 'local')
  for (const text of [
    'garbage\n',
    good.slice(0, -1),
    good.replace('24576', '24.0K'),
    good.replace('\t8\t', '\t-\t'),
    good.replace('filesystem', 'bookmark'),
    good.replace('autobackup:x', 'autobackup:y'),
    good.replace('q\twritten', 'r\twritten'),
    good.replace('q\twritten\t24576\t-\n', ''),
    `${good}${good}`,
    `${good}more\n`,
  ]) {
    const { run } = fakeZfs({ [get]: text })
    await t.rejects(
      readSelection(run, 'autobackup:x'),
      { code: 'zfs-failed', message: /^unexpected line from zfs: / },
      text,
    )
  }
})

void t.test('zfs-fuse has neither -t nor written', async (t) => {
  const words = 'get -Hp -o name,property,value,source'
  const { run, calls } = fakeZfs({
    [get]: { stderr: "invalid option 't'\nusage:\n", code: 2 },
    [`${words} type,written,createtxg,autobackup:x`]: {
      stderr: "bad property list: invalid property 'written'\nusage:\n\tget ...\n",
      code: 2,
    },
    [`${words} type,autobackup:x`]:
      'q\ttype\tfilesystem\t-\nq\tautobackup:x\ttrue\tlocal\n' +
      'q@s\ttype\tsnapshot\t-\nq@s\tautobackup:x\ttrue\tinherited from q\n',
  })
  t.strictSame(await readSelection(run, 'autobackup:x'), [
    {
      dataset: 'q',
      type: 'filesystem',
      value: 'true',
      source: 'local',
      written: Infinity,
    },
  ])
  t.equal(calls.length, 3)
})

void t.test('another unknown property is an error', async (t) => {
  const { run } = fakeZfs({
    [get]: { stderr: "bad property list: invalid property 'autobackup:x'\n" },
  })
  await t.rejects(readSelection(run, 'autobackup:x'), { code: 'zfs-failed' })
})

void t.test('datasets that are named', async (t) => {
  const some = (words: string) =>
    `get -t filesystem,volume -Hp ${words}-o name,property,value,source type,written,createtxg`
  const facts = (dataset: string) => row(dataset, '', '').split('\n').slice(0, 3).join('\n') + '\n'
  const { run, calls } = fakeZfs({
    [`${some('')} q/a q`]: facts('q/a') + facts('q'),
    [`${some('-r ')} q qa`]: facts('q') + facts('q/a') + facts('qa'),
    [`${some('')} none`]: {
      stderr: "cannot open 'none': dataset does not exist\n",
    },
  })
  const selected = (dataset: string) => ({
    dataset,
    value: 'true',
    source: 'local',
    ...fact,
  })
  t.strictSame(await readDatasets(run, ['q/a', 'q', 'q/a'], false), [
    selected('q/a'),
    selected('q'),
  ])
  t.strictSame(
    await readDatasets(run, ['q/a', 'q', 'qa', 'q'], true),
    ['q', 'q/a', 'qa'].map(selected),
    'none twice',
  )
  await t.rejects(readDatasets(run, ['none'], false), {
    code: 'no-such-dataset',
  })
  await t.rejects(readDatasets(run, ['q', '-r'], false), {
    code: 'invalid-name',
  })
  t.equal(calls.length, 3)
})
