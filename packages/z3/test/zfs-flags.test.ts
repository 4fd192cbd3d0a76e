import { NO_ZFS } from '@z3/fixtures'
import t from 'tap'
import { openWorkshop } from './workshop.js'

void t.test('the flags of zfs send', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'flags')
  const { pool, bucket, z3, create, take, get } = shop
  const backup = (dataset: string, ...args: string[]) => z3(['backup', dataset, ...args])
  const flagsOf = async (name: string) =>
    (await bucket.head(`z3-backup/${name}`)).metadata['send-flags']
  const load = (dataset: string) =>
    pool.must('echo password | zfs load-key "$DATASET"', { DATASET: dataset })

  await t.test('--raw', async (t) => {
    const secret = `${pool.name}/secret`
    await pool.must(
      'echo password | zfs create -o encryption=on -o keyformat=passphrase "$SECRET"',
      { SECRET: secret },
    )
    await take(secret, 'a', 'b')
    const sum = await pool.sum(secret)
    await pool.must('zfs unmount "$SECRET"; zfs unload-key "$SECRET"', {
      SECRET: secret,
    })

    const plain = await backup(secret, '--snapshot', 'a')
    t.equal(plain.code, 1)
    t.match(plain.stderr, /zfs load-key.*--raw/s)
    t.strictSame(await bucket.keys(), [])

    const full = await backup(secret, '--snapshot', 'a', '-w')
    t.equal(full.code, 0, full.stderr)
    const more = await backup(secret)
    t.equal(more.code, 0, more.stderr)
    t.equal(await flagsOf(`${secret}@a`), 'w')
    t.equal(await flagsOf(`${secret}@b`), 'w', 'it need not be told again')

    const into = `${pool.name}/secret-back`
    const back = await z3(['restore', `${secret}@b`, '--into', into])
    t.equal(back.code, 0, back.stderr)
    t.equal(back.stderr, `z3: ${into} is not mounted: its key is not loaded (zfs load-key)\n`)
    t.equal(await get(into, 'keystatus'), 'unavailable')
    await load(into)
    await pool.must('zfs mount "$INTO"', { INTO: into })
    t.equal(await pool.sum(into), sum)
  })

  await t.test('-L -e -c', async (t) => {
    const data = `${pool.name}/data`
    await create(data, '-o compression=lz4 -o recordsize=1M')
    const write = (file: string) =>
      pool.must(
        `"$RUN" sh -c 'head -c 4000000 /dev/zero | tr "\\0" x > "$1"' sh "/$DATA/${file}"`,
        { DATA: data },
      )
    await write('one')
    await take(data, 'a')
    const full = await backup(data, '--full', '-Lc')
    t.equal(full.code, 0, full.stderr)
    await write('two')
    await take(data, 'b')
    const dry = await backup(data, '--dry-run')
    t.match(String(dry.stdout), `zfs send -L -c -i ${data}@a ${data}@b | zstream-verify`)
    const more = await backup(data)
    t.equal(more.code, 0, more.stderr)
    t.equal(await flagsOf(`${data}@a`), 'Lc')
    t.equal(await flagsOf(`${data}@b`), 'Lc')
    const { metadata } = await bucket.head(`z3-backup/${data}@b`)
    t.ok(
      Number(metadata['size']) < 2_000_000,
      `${String(metadata['size'])} bytes are estimated of what is sent compressed`,
    )

    const into = `${pool.name}/data-back`
    const back = await z3(['restore', `${data}@b`, '--into', into])
    t.equal(back.code, 0, back.stderr)
    t.equal(await pool.sum(into), await pool.sum(data))

    await take(data, 'c')
    const embed = await backup(data, '-e')
    t.equal(embed.code, 0, embed.stderr)
    t.match(embed.stderr, `without -e: the chain of '${data}@b' was started without`)
    t.equal(await flagsOf(`${data}@c`), 'Lc')
  })

  await t.test('on a chain that was begun without', async (t) => {
    const plain = `${pool.name}/plain`
    await create(plain)
    await take(plain, 'a')
    t.equal((await backup(plain)).code, 0)
    await take(plain, 'b')
    const keys = await bucket.keys()

    const raw = await backup(plain, '--raw')
    t.equal(raw.code, 2)
    t.match(raw.stderr, `the chain of '${plain}@a' is not raw`)
    t.match(raw.stderr, 'z3 backup --full with --raw')
    t.strictSame(await bucket.keys(), keys)

    const compressed = await backup(plain, '-c')
    t.equal(compressed.code, 0, compressed.stderr)
    t.match(
      compressed.stderr,
      `z3: without -c: the chain of '${plain}@a' was started without, and its send flags are pinned\n`,
    )
    t.equal(await flagsOf(`${plain}@b`), undefined)

    await take(plain, 'c')
    const fresh = await backup(plain, '--full', '-c')
    t.equal(fresh.code, 0, fresh.stderr)
    t.equal(await flagsOf(`${plain}@c`), 'c')
  })
})
