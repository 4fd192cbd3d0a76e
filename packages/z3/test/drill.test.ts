import { NO_ZFS, startBinary, until } from '@z3/fixtures'
import t from 'tap'
import { openWorkshop } from './workshop.js'

void t.test('z3 verify --drill', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'drill')
  const { pool, bucket, z3, create, take, get } = shop
  const dataset = `${pool.name}/data`
  const scratch = `${pool.name}/drill`
  await create(dataset)
  await take(dataset, 'a', 'b')
  await create(`${pool.name}/other`)
  await take(`${pool.name}/other`, 'x')
  for (const name of [dataset, `${pool.name}/other`]) {
    const { code, stderr } = await z3(['backup', name])
    t.equal(code, 0, stderr)
  }
  const drill = (...args: readonly string[]) => z3(['verify', '--drill', scratch, ...args])
  const isThere = async (name: string): Promise<boolean> =>
    (await pool.shell(`zfs list "${name}"`)).code === 0

  await t.test('the newest of all, one after the other', async (t) => {
    const { code, stdout, stderr } = await drill('--all', '--json')
    t.equal(code, 0, stderr)
    t.match(JSON.parse(String(stdout)), {
      status: 'success',
      drill: scratch,
      restored: [
        { name: `${dataset}@b`, result: 'ok', objects: 2, guid: await get(`${dataset}@b`, 'guid') },
        { name: `${pool.name}/other@x`, result: 'ok', objects: 1 },
      ],
    })
    t.notOk(await isThere(scratch), 'nothing is left')
    t.ok(await isThere(`${dataset}@b`))
  })

  await t.test('the snapshot that is named', async (t) => {
    const { code, stdout, stderr } = await drill(`${dataset}@a`)
    t.equal(code, 0, stderr)
    t.match(String(stdout), new RegExp(`${dataset}@a +\\| drill +\\| ok`))
    t.match(stderr, '1 restored and destroyed again')
    t.notOk(await isThere(scratch))
  })

  await t.test('a volume, and what is sent raw', async (t) => {
    const [volume, secret] = [`${pool.name}/volume`, `${pool.name}/secret`]
    await pool.must(
      `zfs create -s -V 8M "$VOLUME"; zfs snapshot "$VOLUME@v"
       echo password | zfs create -o encryption=on -o keyformat=passphrase "$SECRET"`,
      { VOLUME: volume, SECRET: secret },
    )
    await take(secret, 's1', 's2')
    t.equal((await z3(['backup', volume])).code, 0)
    t.equal((await z3(['backup', '--raw', secret])).code, 0)
    // the key is not needed
    await pool.must('zfs unmount "$SECRET"; zfs unload-key "$SECRET"', { SECRET: secret })
    const { code, stdout, stderr } = await drill('--json', volume, secret)
    t.equal(code, 0, stderr)
    t.match(JSON.parse(String(stdout)), {
      restored: [
        { name: `${volume}@v`, result: 'ok', guid: await get(`${volume}@v`, 'guid') },
        { name: `${secret}@s2`, result: 'ok', objects: 2, guid: await get(`${secret}@s2`, 'guid') },
      ],
    })
    t.notOk(await isThere(scratch), 'nothing is left')
  })

  await t.test('the least recently drilled first, by the records of all hosts', async (t) => {
    const host = async (...args: readonly string[]) => {
      const env = { Z3_MANIFEST: 'yes', HOME: t.testdir({}) }
      const words = ['verify', '--drill', scratch, '--json', ...args]
      const { code, stdout, stderr } = await z3(words, env)
      t.equal(code, 0, stderr)
      const { restored } = JSON.parse(String(stdout)) as { restored: { dataset: string }[] }
      return restored.map((one) => one.dataset)
    }
    const other = `${pool.name}/other`
    await host(dataset)
    const record = `z3-backup/.z3/${dataset}@.drilled`
    t.match(JSON.parse(String(await bucket.get(record))), { dataset, snapshot: 'b' })
    t.strictSame(await host(dataset, other), [other, dataset])
    const entry = bucket.fake.objects.get(record)
    if (entry) bucket.fake.objects.set(record, { ...entry, modified: new Date(0) })
    t.strictSame(await host(other, dataset), [dataset, other])
  })

  await t.test('no time for any of them is no success', async (t) => {
    const { code, stdout, stderr } = await drill('--max-time', '0s', '--json', dataset)
    t.equal(code, 3)
    t.match(JSON.parse(String(stdout)), { status: 'doubt', skipped: 1, restored: [] })
    t.match(stderr, 'nothing was restored: --max-time was over')
  })

  await t.test('bad input: nothing is read from the bucket', async (t) => {
    await create(scratch)
    for (const [args, message] of [
      [['--drill', scratch, dataset], `the dataset ${scratch} exists`],
      [['--drill', 'z3-no-such-pool/x', dataset], 'there is no dataset z3-no-such-pool'],
      [['--drill', pool.name, dataset], 'is a pool'],
      [['--drill', scratch, '--level', 'data', dataset], 'neither --level nor --parallel'],
    ] as const) {
      bucket.fake.requests.length = 0
      const { code, stderr } = await z3(['verify', ...args])
      t.equal(code, 2, stderr)
      t.match(stderr, message)
      t.equal(bucket.fake.requests.length, 0)
    }
    t.ok(await isThere(scratch), 'and what is there stays')
    await pool.must('zfs destroy "$NAME"', { NAME: scratch })
  })

  await t.test('Ctrl-C after the first snapshot has arrived', async (t) => {
    let reads = 0
    bucket.fake.faults = ({ op, key }) => {
      if (op !== 'GetObject' || !key.endsWith('data@b')) return undefined
      // the first is that of the beginning
      reads += 1
      return reads > 1 ? { stall: true } : undefined
    }
    const args = ['verify', '--drill', scratch, dataset]
    const env = { ...bucket.env, HOME: t.testdir({}), Z3_MANIFEST: 'no' }
    const run = startBinary('z3', args, { env, detached: true })
    await until('the second read of b', () => reads > 1)
    t.ok(await isThere(`${scratch}@a`))
    process.kill(-(run.child.pid ?? NaN), 'SIGINT')
    const { signal, stderr } = await run.ended
    bucket.fake.faults = undefined
    t.equal(signal, 'SIGINT', stderr)
    t.notOk(await isThere(scratch), 'what had arrived is destroyed')
  })

  await t.test('an increment that is damaged', async (t) => {
    await bucket.damage(`z3-backup/${dataset}@b`, 150_000)
    const { code, stdout, stderr } = await drill(dataset)
    t.equal(code, 3, stderr)
    t.match(String(stdout), 'failed')
    t.match(stderr, `z3: ${dataset}@b: failed: `)
    t.notOk(await isThere(scratch), 'what had arrived is destroyed')
  })

  await t.test('a pool that is too small', async (t) => {
    await pool.must('zfs create -o quota=300K "$POOL/small"')
    const { code, stderr } = await z3(['verify', '--drill', `${pool.name}/small/drill`, dataset])
    await pool.must('zfs destroy "$POOL/small"')
    t.equal(code, 3, stderr)
    t.match(stderr, /not verified: the drill needs .* available/)
  })
})
