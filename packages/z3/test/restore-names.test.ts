/** What a restore leaves mounted, what it calls things, and what it is asked. */
import { NO_ZFS } from '@z3/fixtures'
import t from 'tap'
import { openTwoBackups } from './two-backups.js'

void t.test('mounts and names', { skip: NO_ZFS }, async (t) => {
  const { pool, bucket, create, take, snapshots, get, dataset, key, restore, script, fetched } =
    await openTwoBackups(t, 'nam')

  await t.test('what was mounted is mounted again', async (t) => {
    const into = `${pool.name}/mounted`
    const child = `${into}/child`
    const mounted = async () => [await get(into, 'mounted'), await get(child, 'mounted')]
    const args = [`${dataset}@a`, '--into', into, '--force']
    await create(into, '-o', 'canmount=noauto')
    await script(into, 'zfs mount "$INTO"')
    await create(child)
    t.strictSame(await mounted(), ['yes', 'yes'])

    // also where nothing was received
    const whole = bucket.fake.objects.get(key('a'))
    if (!whole) throw new Error('not stored')
    const body = Buffer.from(whole.body.subarray(0, whole.body.length >> 1))
    bucket.fake.objects.set(key('a'), { ...whole, body })
    const broken = await restore(...args)
    bucket.fake.objects.set(key('a'), whole)
    t.equal(broken.code, 1, broken.stderr)
    t.strictSame(await snapshots(into), [])
    t.strictSame(await mounted(), ['yes', 'yes'], broken.stderr)

    const dry = await restore(...args, '--dry-run')
    t.match(String(dry.stdout), `zfs mount ${into}\n`)
    const { code, stderr } = await restore(...args)
    t.equal(code, 0, stderr)
    t.strictSame(await snapshots(into), ['a'])
    t.strictSame(await mounted(), ['yes', 'yes'], stderr)
    await script(into, 'zfs destroy -r "$INTO"')

    await create(into)
    await create(child)
    const left = await restore(...args, '--unmounted')
    t.equal(left.code, 0, left.stderr)
    t.match(left.stderr, `${into} was mounted before and is now unmounted`)
    t.equal(await get(into, 'mounted'), 'no')
  })

  await t.test('what is here, and newer ones', async (t) => {
    const into = `${pool.name}/back`
    t.equal((await restore(`${dataset}@a`, '--into', into)).code, 0)
    await take(into, 'mine')
    const args = [`${dataset}@a`, '--into', into, '--force']
    const { code, stderr } = await restore(...args)
    t.equal(code, 0)
    t.match(stderr, `'zfs rollback -r ${into}@a'`)
    t.strictSame(await snapshots(into), ['a', 'mine'])
  })

  await t.test('names that would be too long', async (t) => {
    const long = (length: number) => `${pool.name}/${'x'.repeat(length - pool.name.length - 1)}`
    const cases: readonly (readonly [number, RegExp])[] = [
      // it can be received into, but not be replaced
      [240, /'\S*\.z3-replaced-\S*' would have 2\d\d characters/],
      // a snapshot of the old one would be what is too long
      [222, /'\S*\.z3-replaced-\S*@only' would have 2/],
    ]
    for (const [length, message] of cases) {
      const into = long(length)
      await create(into)
      await script(into, 'zfs snapshot "$INTO@only"')
      const keys = await fetched(async () => {
        const args = [`${dataset}@b`, '--into', into, '--force']
        const { code, stderr } = await restore(...args)
        t.equal(code, 2, stderr)
        t.match(stderr, message)
        t.match(stderr, 'shorter name')
      })
      t.strictSame(keys, [])
      t.strictSame(await snapshots(into), ['only'])
      await script(into, 'zfs destroy -r "$INTO"')
    }
    // zfs receives changes in DATASET/%recv
    const keys = await fetched(async () => {
      const args = [`${dataset}@b`, '--into', long(252)]
      const { code, stderr } = await restore(...args)
      t.equal(code, 2, stderr)
      t.match(stderr, /'\S*\/%recv' would have 258 characters/)
    })
    t.strictSame(keys, [])
    const longest = long(249)
    const { code, stderr } = await restore(`${dataset}@b`, '--into', longest)
    t.equal(code, 0, stderr)
    t.strictSame(await snapshots(longest), ['a', 'b'])
  })

  await t.test('--latest DATASET', async (t) => {
    const into = `${pool.name}/operand`
    const { code, stderr } = await restore('--latest', dataset, '--into', into)
    t.equal(code, 0, stderr)
    t.strictSame(await snapshots(into), ['a', 'b'])
  })

  await t.test('a dataset where a snapshot is wanted', async (t) => {
    const { code, stderr } = await restore('--into=tank/x', 'tank/vm/web')
    t.equal(code, 2)
    t.match(stderr, "'tank/vm/web' is a dataset, not a snapshot")
    t.match(stderr, '--latest tank/vm/web')
  })
})
