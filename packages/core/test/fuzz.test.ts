import assert from 'node:assert/strict'
import { fuzz, nastyText, orRefused } from '@z3/fixtures'
import fc from 'fast-check'
import t from 'tap'
import {
  checkDatasetName,
  checkMetadata,
  COMPRESSORS,
  formatSendFlags,
  formatSize,
  formatSnapshotName,
  parseAge,
  parseMetadata,
  parseSchedule,
  parseSendFlags,
  parseSize,
  parseSnapshotName,
  readStored,
  storedMetadata,
  thin,
} from '../src/index.js'

const component = fc
  .stringMatching(/^[-_.: a-zA-Z0-9]{1,12}$/)
  .filter((one) => !/^\.\.?$/.test(one))
const dataset = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), fc.array(component, { maxLength: 3 }))
  .map((parts) => parts.flat().join('/'))
  .filter((name) => !['mirror', 'raidz', 'draid'].includes(name.split('/')[0] ?? ''))
const snapshotName = fc.record({ dataset, snapshot: component }, { noNullPrototype: true })

void t.test('names', async () => {
  await fuzz([snapshotName], (name) => {
    assert.deepEqual(parseSnapshotName(formatSnapshotName(name)), name)
  })
  await fuzz([nastyText('tank', '@a', '/b', '..', '%recv')], (text) => {
    const name = orRefused(() => parseSnapshotName(text))
    if (name === undefined) return
    assert.equal(formatSnapshotName(name), text)
    // what zfs, ssh and a terminal are given: nothing that is not a name
    assert.match(text, /^[a-zA-Z][-_.: %a-zA-Z0-9/]*@[-_.: %a-zA-Z0-9]+$/)
    checkDatasetName(name.dataset)
  })
})

void t.test('sizes, ages and flags', async () => {
  await fuzz([fc.maxSafeNat()], (bytes) => {
    assert.equal(parseSize(formatSize(bytes)), bytes)
  })
  await fuzz([nastyText('12', 'K', 'm', '5T', '1e9', '0x1')], (text) => {
    for (const value of [orRefused(() => parseSize(text)), orRefused(() => parseAge(text))]) {
      assert.ok(value === undefined || (Number.isSafeInteger(value) && value >= 0), text)
    }
    const flags = orRefused(() => parseSendFlags(text))
    if (flags) assert.deepEqual(parseSendFlags(formatSendFlags(flags)), flags)
  })
})

void t.test('schedules', async () => {
  const rule = fc.constantFrom('10', '1d1w', '1w1m', '1min1h', '1m1y', '0', '-1', '1y1d', '2h', 'x')
  await fuzz(
    [fc.array(fc.oneof(rule, nastyText('1', 'd', 'w'))).map((all) => all.join(','))],
    (text) => {
      const schedule = orRefused(() => parseSchedule(text))
      if (schedule === undefined) return
      assert.ok(schedule.alwaysKeep >= 0)
      for (const { period, ttl } of schedule.rules) assert.ok(period > 0 && ttl >= period, text)
      // what it was written as says the same again
      const again = [String(schedule.alwaysKeep), ...schedule.rules.map((one) => one.text)].join(
        ',',
      )
      assert.deepEqual(parseSchedule(again), schedule)
    },
  )
})

void t.test('metadata of an upload', async () => {
  await fuzz([fc.array(nastyText('key', '=', 'a=b', 'Key='), { maxLength: 4 })], (items) => {
    const metadata = orRefused(() => parseMetadata(items))
    if (metadata === undefined) return
    checkMetadata(metadata)
    assert.deepEqual(
      Object.entries(metadata)
        .map((pair) => pair.join('='))
        .sort(),
      [...items].sort(),
    )
  })
})

void t.test('metadata of an object', async () => {
  const guid = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String)
  const fields = fc.record(
    {
      size: fc.option(fc.maxSafeNat(), { nil: undefined }),
      parent: fc.option(snapshotName.map(formatSnapshotName), { nil: undefined }),
      compressor: fc.option(fc.constantFrom(...COMPRESSORS.keys()), { nil: undefined }),
      guid: fc.option(guid, { nil: undefined }),
      parentGuid: fc.constant(undefined),
      created: fc.option(fc.nat(4_000_000_000), { nil: undefined }),
      sendFlags: fc.constantFrom([] as const, ['w'] as const, ['L', 'e', 'c'] as const),
      encryptor: fc.option(fc.constantFrom('gpg', 'age'), { nil: undefined }),
      twinOf: fc.constant(undefined),
    },
    { noNullPrototype: true },
  )
  const object = (metadata: Record<string, string>) => ({ key: 'k', size: 1, metadata })
  await fuzz([snapshotName, fields], ({ dataset, snapshot }, some) => {
    const found = readStored(object(storedMetadata(some)), dataset, snapshot)
    assert.equal(found.problem, undefined)
    for (const key of ['size', 'parent', 'compressor', 'guid', 'created', 'encryptor'] as const) {
      assert.equal(found[key], some[key], key)
    }
    assert.deepEqual(found.sendFlags, some.sendFlags)
  })
  const key = fc.constantFrom(
    ...['size', 'isfull', 'is_full', 'parent', 'compressor', 'guid'],
    ...['parent-guid', 'created', 'send-flags', 'encryptor', 'snapshot', '__proto__'],
  )
  const metadata = fc.dictionary(
    key,
    nastyText('true', 'tank/a@b', '99999999999999999999', 'pigz1', 'wLec'),
  )
  await fuzz([snapshotName, metadata], ({ dataset, snapshot }, some) => {
    const found = readStored(object(some), dataset, snapshot)
    // either it says what is wrong, or it is what it says
    if (found.problem !== undefined) return
    assert.ok(
      (found.parent === undefined) ===
        ['isfull', 'is_full', 'is-full'].some((one) => some[one] === 'true'),
    )
    if (found.guid !== undefined) assert.ok(BigInt(found.guid) < 2n ** 64n)
  })
})

void t.test('thinning: what is kept and what goes are all there is', async () => {
  const times = fc
    .array(fc.nat(100_000_000), { maxLength: 40 })
    .map((all) => all.sort((a, b) => a - b))
  const rules = fc.subarray(['3', '1h1d', '1d1w', '1w1m', '1m1y']).map((all) => all.join(','))
  await fuzz(
    [times, rules, fc.nat(200_000_000)],
    (all, text, now) => {
      const items = all.map((created, id) => ({ id, created }))
      const result = thin(items, parseSchedule(text), now)
      assert.deepEqual(
        [...result.keep, ...result.destroy].map(({ id }) => id).sort((a, b) => a - b),
        items.map(({ id }) => id),
      )
    },
    300,
  )
})
