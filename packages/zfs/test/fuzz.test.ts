import assert from 'node:assert/strict'
import { fuzz, nastyText, orRefused, orRefusedLater } from '@z3/fixtures'
import { formatBookmarkName, formatSnapshotName } from '@z3/core'
import fc from 'fast-check'
import t from 'tap'
import {
  describeToken,
  getProperties,
  getPropertiesOf,
  listBookmarks,
  listHolds,
  listSnapshots,
  listSnapshotsOf,
  snapshotGuid,
  splitCommand,
  type Run,
} from '../src/index.js'

const says =
  (text: string): Run =>
  () =>
    Promise.resolve(text)

const guid = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const name = fc.stringMatching(/^[-_.: a-z0-9]{1,10}$/).filter((one) => !/^\.\.?$/.test(one))
const snapshot = fc.record(
  {
    dataset: fc.constant('tank/a b'),
    snapshot: name,
    guid,
    created: fc.nat(4_000_000_000),
    createtxg: fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 1 }).map(String),
    referenced: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
)

void t.test('zfs list: what was printed is read', async () => {
  const snapshots = fc.uniqueArray(snapshot, { selector: (one) => one.createtxg, maxLength: 8 })
  await fuzz(
    [snapshots],
    async (some) => {
      const text = some.map(
        (one) =>
          `${[formatSnapshotName(one), one.guid, one.created, one.referenced, one.createtxg].join('\t')}\n`,
      )
      const inOrder = some.toSorted((a, b) => Number(a.createtxg) - Number(b.createtxg))
      assert.deepEqual(await listSnapshots(says(text.join('')), 'tank/a b'), inOrder)
    },
    300,
  )
  const bookmark = fc.record(
    {
      dataset: fc.constant('tank/a b'),
      bookmark: name,
      guid,
      created: fc.nat(),
      createtxg: guid,
    },
    { noNullPrototype: true },
  )
  await fuzz(
    [fc.array(bookmark, { maxLength: 5 })],
    async (some) => {
      const text = some.map(
        (one) => `${[formatBookmarkName(one), one.guid, one.created, one.createtxg].join('\t')}\n`,
      )
      assert.deepEqual(await listBookmarks(says(text.join('')), 'tank/a b'), some)
    },
    300,
  )
})

void t.test('whatever zfs prints: an answer, or an error of ours', async () => {
  const output = nastyText(
    'tank/a',
    'tank/a@s',
    'tank/a#b',
    '\t1',
    '\t18446744073709551616',
    '\tguid',
    '\n',
    '-',
    'toname = tank/a@s',
    'toguid = 0x1',
    'bytes = 0x10',
    'full\t',
  )
  await fuzz(
    [output],
    async (text) => {
      const run = says(text)
      for (const one of (await orRefusedLater(() => listSnapshots(run, 'tank/a'))) ?? []) {
        assert.equal(one.dataset, 'tank/a')
        assert.match(one.guid, /^\d+$/)
      }
      for (const [dataset] of (await orRefusedLater(() => listSnapshotsOf(run, ['tank/a']))) ?? [])
        assert.equal(dataset, 'tank/a')
      await orRefusedLater(() => listBookmarks(run, 'tank/a'))
      await orRefusedLater(() => listHolds(run, [{ dataset: 'tank/a', snapshot: 's' }]))
      const properties = await orRefusedLater(() => getProperties(run, 'tank/a', ['guid', 'name']))
      if (properties)
        assert.ok(Object.keys(properties).every((key) => ['guid', 'name'].includes(key)))
      await orRefusedLater(() => getPropertiesOf(run, ['tank/a'], ['guid']))
      const found = await orRefusedLater(() =>
        snapshotGuid(run, { dataset: 'tank/a', snapshot: 's' }),
      )
      if (found !== undefined) assert.match(found, /^\d+$/)
      const token = await orRefusedLater(() => describeToken(run, '1-a-b-c'))
      if (token) assert.match(token.toGuid, /^\d+$/)
    },
    1500,
  )
})

void t.test('tokens and commands', async () => {
  await fuzz([nastyText('1-a0-b-c', '-', 'ff')], async (text) => {
    let sent: readonly string[] = []
    const run: Run = (args) => {
      sent = args
      return Promise.resolve('')
    }
    await orRefusedLater(() => describeToken(run, text))
    // what zfs is given as a token is never an option, or two words
    if (sent.length > 0) assert.match(sent.at(-1) ?? '', /^[0-9a-f]+(-[0-9a-f]+)*$/)
  })
  await fuzz(
    [fc.array(fc.stringMatching(/^[ -~]{1,8}$/), { minLength: 1, maxLength: 5 })],
    (words) => {
      const quoted = words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' ')
      const { file, args } = splitCommand(quoted)
      assert.deepEqual([file, ...args], words)
    },
  )
  await fuzz([nastyText('ssh', '-p', '$(x)', '`', '|', ';')], (text) => {
    orRefused(() => splitCommand(text))
  })
})
