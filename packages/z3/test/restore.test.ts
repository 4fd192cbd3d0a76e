import { NO_ZFS, until } from '@z3/fixtures'
import t from 'tap'
import { openTwoBackups } from './two-backups.js'

void t.test('restore', { skip: NO_ZFS }, async (t) => {
  const { pool, bucket, create, take, snapshots, get, dataset, key, restore, script, fetched } =
    await openTwoBackups(t, 'res')
  const sum = await pool.sum(dataset)

  await t.test('the newest that is good', async (t) => {
    // the newest by name and by upload, and broken
    bucket.fake.put(key('z'), 'x', { parent: `${dataset}@gone` })
    const into = `${pool.name}/latest`
    const args = ['--dataset', dataset, '--latest', '--into', into]
    const { code, stdout, stderr } = await restore(...args)
    bucket.fake.objects.delete(key('z'))
    t.equal(code, 0, stderr)
    t.equal(String(stdout), ['a', 'b'].map((one) => `restored ${into}@${one}\n`).join(''))
    t.equal(stderr, '')
    t.equal(await pool.sum(into), sum)
    t.equal(await get(into, 'mounted'), 'yes')
    t.equal(await get(`${into}@b`, 'guid'), await get(`${dataset}@b`, 'guid'))
  })

  await t.test('goes on behind what is there', async (t) => {
    const into = `${pool.name}/further`
    const first = await restore('a', '--dataset', dataset, '--into', into)
    t.equal(first.code, 0, first.stderr)
    t.strictSame(await snapshots(into), ['a'])
    t.equal(await get(into, 'mounted'), 'yes')
    const keys = await fetched(async () => {
      const { code, stdout, stderr } = await restore(`${dataset}@b`, `--into=${into}`, '--json')
      t.equal(code, 0, stderr)
      t.strictSame(JSON.parse(String(stdout)), {
        status: 'success',
        dataset: into,
        snapshots: [`${into}@b`],
      })
    })
    t.strictSame(keys, [key('b')])
    t.equal(await pool.sum(into), sum)

    const none = await fetched(async () => {
      const { code, stdout, stderr } = await restore(`${dataset}@a`, `--into=${into}`)
      t.equal(code, 0, stderr)
      t.equal(String(stdout), '')
      t.match(stderr, `'${into}@a' is here already: nothing to receive`)
    })
    t.strictSame(none, [])
  })

  await t.test('broken off between two snapshots', async (t) => {
    const into = `${pool.name}/broken`
    const whole = bucket.fake.objects.get(key('b'))
    if (!whole) throw new Error('not stored')
    const body = Buffer.from('not a stream')
    bucket.fake.objects.set(key('b'), { ...whole, body })
    const broken = await restore(`${dataset}@b`, '--into', into)
    bucket.fake.objects.set(key('b'), whole)
    t.equal(broken.code, 1)
    t.match(broken.stderr, 'pigz')
    t.equal(String(broken.stdout), `restored ${into}@a\n`)
    t.strictSame(await snapshots(into), ['a'])

    const keys = await fetched(async () => {
      const { code, stderr } = await restore(`${dataset}@b`, '--into', into)
      t.equal(code, 0, stderr)
    })
    t.strictSame(keys, [key('b')])
    t.equal(await get(into, 'mounted'), 'yes', 'as it is in one go')
    t.equal(await pool.sum(into), sum)
  })

  await t.test('a place that is not there', async (t) => {
    const cases = [
      {
        into: `${pool.name}/no/such/place`,
        message: `${pool.name}/no/such/place cannot be received: ${pool.name}/no/such does not exist`,
        hint: `zfs create -p ${pool.name}/no/such`,
      },
      {
        into: `${pool.name}none/data`,
        message: `pool '${pool.name}none' does not exist`,
        hint: 'Create or import the pool first',
      },
      {
        into: `${pool.name}none`,
        message: `pool '${pool.name}none' does not exist`,
        hint: 'Create or import the pool first',
      },
    ]
    for (const { into, message, hint } of cases) {
      const keys = await fetched(async () => {
        const { code, stderr } = await restore(`${dataset}@a`, '--into', into)
        t.equal(code, 4)
        t.match(stderr, message)
        t.match(stderr, hint)
      })
      t.strictSame(keys, [])
    }
  })

  await t.test('what is newer is kept without --force', async (t) => {
    const into = `${pool.name}/newer`
    t.equal((await restore(`${dataset}@a`, '--into', into)).code, 0)
    await take(into, 'mine')
    const args = [`${dataset}@b`, '--into', into]
    const { code, stderr } = await restore(...args)
    t.equal(code, 3)
    t.match(stderr, `1 snapshot newer than '${into}@a' would be lost: @mine`)
    t.strictSame(await snapshots(into), ['a', 'mine'])
    const forced = await restore(...args, '--force')
    t.equal(forced.code, 0, forced.stderr)
    t.match(forced.stderr, 'will be lost: @mine')
    t.strictSame(await snapshots(into), ['a', 'b'])
    t.equal(await pool.sum(into), sum)
  })

  await t.test('changes are kept without --force', async (t) => {
    const into = `${pool.name}/changed`
    t.equal((await restore(`${dataset}@a`, '--into', into)).code, 0)
    await script(into, '"$RUN" sh -c "echo x > /$INTO/mine; sync"')
    const args = [`${dataset}@b`, '--into', into]
    const { code, stderr } = await restore(...args)
    t.equal(code, 3)
    t.match(stderr, `${into} was changed since '${into}@a'`)
    await script(into, '"$RUN" cat "/$INTO/mine"')
    const forced = await restore(...args, '-F')
    t.equal(forced.code, 0, forced.stderr)
    t.equal(await pool.sum(into), sum)
  })

  await t.test('a name that another snapshot has', async (t) => {
    const into = `${pool.name}/taken`
    t.equal((await restore(`${dataset}@a`, '--into', into)).code, 0)
    await take(into, 'b')
    for (const force of [[], ['--force']]) {
      const args = [`${dataset}@b`, '--into', into, ...force]
      const { code, stderr } = await restore(...args)
      t.equal(code, 3)
      t.match(stderr, `'${into}@b' is another snapshot here than in the store`)
      t.strictSame(await snapshots(into), ['a', 'b'])
    }
  })

  await t.test('a filesystem without a snapshot', async (t) => {
    const into = `${pool.name}/bare`
    await create(into)
    await script(into, '"$RUN" sh -c "echo x > /$INTO/mine; sync"')
    const args = [`${dataset}@b`, '--into', into]
    const { code, stderr } = await restore(...args)
    t.equal(code, 3)
    t.match(stderr, `${into} exists and has no snapshots`)
    await script(into, '"$RUN" cat "/$INTO/mine"')
    const forced = await restore(...args, '--force')
    t.equal(forced.code, 0, forced.stderr)
    t.match(forced.stderr, 'its contents will be lost')
    t.strictSame(await snapshots(into), ['a', 'b'])
    t.equal(await get(into, 'mounted'), 'yes', 'as it was')
    t.equal(await pool.sum(into), sum)
  })

  await t.test('--unmounted', async (t) => {
    const into = `${pool.name}/unmounted`
    const { code, stderr } = await restore(`${dataset}@a`, '-u', '--into', into)
    t.equal(code, 0, stderr)
    t.equal(await get(into, 'mounted'), 'no')
  })

  await t.test('options of zfs receive', async (t) => {
    const words: readonly (readonly string[])[] = [
      ['-o', 'compression=zstd'],
      ['-ocompression=zstd'],
    ]
    for (const [i, options] of words.entries()) {
      const into = `${pool.name}/options${String(i)}`
      const { code, stderr } = await restore(
        `${dataset}@a`,
        `--into=${into}`,
        ...options.map((word) => `--recv-option=${word}`),
      )
      t.equal(code, 0, stderr)
      t.equal(await get(into, 'compression'), 'zstd')
    }
    const from = bucket.fake.requests.length
    for (const word of ['-F', '-d', '-o']) {
      const { code, stderr } = await restore(
        `${dataset}@a`,
        `--into=${pool.name}/options`,
        `--recv-option=${word}`,
      )
      t.equal(code, 2, word)
      t.match(stderr, `receive option ${word === '-o' ? '-o' : `"${word}"`} `)
    }
    t.equal(bucket.fake.requests.length, from, 'nothing was asked for')
  })

  await t.test('what an interrupted receive has left', async (t) => {
    const part = (snapshot: string, bytes: number, into: string) =>
      script(
        into,
        `set +e +o pipefail
         zfs send ${snapshot} | head -c ${String(bytes)} | zfs receive -s -u "$INTO" 2> /dev/null
         zfs get -H -o value receive_resume_token "$INTO" | grep -q 1-`,
      )
    const fresh = `${pool.name}/token`
    await part('"$DATASET@a"', 100_000, fresh)
    const later = `${pool.name}/token2`
    t.equal((await restore(`${dataset}@a`, '-u', '--into', later)).code, 0)
    await part('-i @a "$DATASET@b"', 100_000, later)
    for (const [into, ...force] of [
      [fresh],
      [fresh, '--force'],
      [later],
      [later, '--force'],
    ] as const) {
      const { code, stderr } = await restore(`${dataset}@b`, `--into=${into}`, ...force)
      t.equal(code, 3)
      t.match(stderr, `${into} contains the partial data of an interrupted receive`)
      t.match(stderr, `zfs receive -A ${into}`)
    }
    for (const into of [fresh, later]) {
      await script(into, 'zfs receive -A "$INTO"')
      const { code, stderr } = await restore(`${dataset}@b`, '--into', into)
      t.equal(code, 0, stderr)
      t.strictSame(await snapshots(into), ['a', 'b'])
    }
  })

  await t.test('what cannot be mounted', async (t) => {
    const into = `${pool.name}/full`
    await script(into, '"$RUN" sh -c "mkdir /$INTO; echo x > /$INTO/x"')
    const { code, stdout, stderr } = await restore(
      `${dataset}@b`,
      `--into=${into}`,
      '--recv-option=-ooverlay=off',
    )
    t.equal(code, 1)
    t.equal(String(stdout), `restored ${into}@a\nrestored ${into}@b\n`)
    t.match(stderr, `${into} was restored completely, but cannot be mounted: `)
    t.match(stderr, `Check what occupies /${into}`)
    await script(into, '"$RUN" rm "/$INTO/x"; zfs mount "$INTO"')
    t.strictSame(await snapshots(into), ['a', 'b'])
  })

  await t.test('two names of the dataset', async (t) => {
    const { code, stderr } = await restore(`${dataset}@a`, '--dataset=tank/x')
    t.equal(code, 2)
    t.match(stderr, `'${dataset}' and --filesystem tank/x name different datasets`)
    for (const args of [[], ['--latest', `${dataset}@a`]]) {
      t.equal((await restore(...args)).code, 2)
    }
  })
})

void t.test('in the place of another', { skip: NO_ZFS }, async (t) => {
  const { pool, bucket, z3, create, take, snapshots, get, dataset, key } = await openTwoBackups(
    t,
    'rep',
  )
  const sum = await pool.sum(dataset)
  const restore = (into: string, ...args: string[]) =>
    z3(['restore', `${dataset}@b`, '--into', into, ...args])
  const exists = async (name: string) => (await pool.shell(`zfs list '${name}'`)).code === 0
  const keptAs = (stderr: string): string =>
    / is kept as (\S+):/.exec(stderr)?.[1] ?? 'nothing kept'

  await t.test('the old one is kept', async (t) => {
    const into = `${pool.name}/old`
    await create(into)
    await take(into, 'mine', 'a')
    const old = await pool.sum(into)
    const refused = await restore(into)
    t.equal(refused.code, 3)
    t.match(
      refused.stderr,
      `${into} has nothing that '${dataset}@b' builds on; its 2 snapshots, the newest '${into}@a', would be lost`,
    )
    const { code, stderr, stdout } = await restore(into, '--force')
    t.equal(code, 0, stderr)
    t.match(stderr, 'will be put aside')
    t.equal(String(stdout), `restored ${into}@a\nrestored ${into}@b\n`)
    t.equal(await pool.sum(into), sum)
    t.equal(await get(into, 'mounted'), 'yes')
    const kept = keptAs(stderr)
    t.match(kept, /\/old\.z3-replaced-\d{8}T\d{6}Z$/)
    t.strictSame(await snapshots(kept), ['mine', 'a'])
    t.equal(await pool.sum(kept), old)
    t.notOk(await exists(`${into}.z3-restore`))
  })

  await t.test('an old one with a mount point of its own', async (t) => {
    const into = `${pool.name}/own`
    const mountpoint = `/${pool.name}/somewhere`
    await create(into, '-o', `mountpoint=${mountpoint}`)
    await pool.must('zfs snapshot "$INTO@mine"', { INTO: into })
    const { code, stderr } = await restore(into, '--force')
    t.equal(code, 0, stderr)
    t.match(stderr, `${keptAs(stderr)} (the old data) stays mounted at ${mountpoint}`)
    t.match(stderr, `zfs set mountpoint=${mountpoint} ${into}`)
    t.equal(await get(into, 'mounted'), 'yes')
  })

  await t.test('broken off, and taken up again', async (t) => {
    const into = `${pool.name}/again`
    await create(into)
    await take(into, 'mine')
    const old = await pool.sum(into)
    const whole = bucket.fake.objects.get(key('b'))
    if (!whole) throw new Error('not stored')
    bucket.fake.objects.set(key('b'), { ...whole, body: Buffer.from('?') })
    const broken = await restore(into, '--force')
    bucket.fake.objects.set(key('b'), whole)
    t.equal(broken.code, 1)
    t.equal(await pool.sum(into), old, 'it is where it was')
    t.strictSame(await snapshots(`${into}.z3-restore`), ['a'])

    const from = bucket.fake.requests.length
    const { code, stderr } = await restore(into, '--force')
    t.equal(code, 0, stderr)
    t.notOk(
      bucket.fake.requests
        .slice(from)
        .some(({ op, key: asked }) => op === 'GetObject' && asked === key('a')),
      'what is there is not fetched again',
    )
    t.equal(await get(into, 'mounted'), 'yes')
    t.equal(await pool.sum(into), sum)
    t.equal(await pool.sum(keptAs(stderr)), old)
  })

  await t.test('broken off before the names were changed', async (t) => {
    const into = `${pool.name}/late`
    await create(into)
    await take(into, 'mine')
    t.equal((await restore(`${into}.z3-restore`, '-u')).code, 0)
    const { code, stderr } = await restore(into, '--force')
    t.equal(code, 0, stderr)
    t.equal(await get(into, 'mounted'), 'yes')
    t.equal(await pool.sum(into), sum)
    t.strictSame(await snapshots(keptAs(stderr)), ['mine'])
  })

  await t.test('somebody else has the name beside it', async (t) => {
    const into = `${pool.name}/beside`
    await create(into)
    await take(into, 'mine')
    await create(`${into}.z3-restore`)
    await take(`${into}.z3-restore`, 'theirs')
    const { code, stderr } = await restore(into, '--force')
    t.equal(code, 3)
    t.match(stderr, `${into}.z3-restore`)
    t.match(stderr, `zfs destroy -r ${into}.z3-restore`)
    t.strictSame(await snapshots(`${into}.z3-restore`), ['theirs'])
    t.strictSame(await snapshots(into), ['mine'])
  })

  await t.test('what cannot be put aside', async (t) => {
    const parent = `${pool.name}/parent`
    await create(parent)
    await create(`${parent}/child`)
    await take(parent, 'mine')
    await take(pool.name, 'mine')
    const from = bucket.fake.requests.length
    for (const [into, why] of [
      [parent, `${parent} has children, such as ${parent}/child`],
      [pool.name, `${pool.name} is the root of its pool`],
    ] as const) {
      const { code, stderr } = await restore(into, '--force')
      t.equal(code, 3)
      t.match(stderr, why)
      t.strictSame(await snapshots(into), ['mine'])
    }
    t.notOk(bucket.fake.requests.slice(from).some(({ op }) => op === 'GetObject'))
  })

  await t.test('one that is in use', async (t) => {
    const into = `${pool.name}/busy`
    await create(into)
    await take(into, 'mine')
    const host = (line: string) =>
      pool.shell(`"$RUN" sh -c '${line}' sh "$DIR" "/tmp/$POOL"`, {
        DIR: `/${into}`,
      })
    const user = host('cd "$1" && touch "$2.in" && until [ -e "$2.out" ]; do sleep 0.1; done')
    await until('it is in use', async () => {
      return (await host('test -e "$2.in"')).code === 0
    })
    const { code, stderr } = await restore(into, '--force')
    await host('touch "$2.out"')
    t.equal((await user).code, 0)
    t.equal(code, 1)
    t.match(stderr, 'busy')
    t.strictSame(await snapshots(into), ['mine'])
    const again = await restore(into, '--force')
    t.equal(again.code, 0, again.stderr)
    t.equal(await pool.sum(into), sum)
    t.strictSame(await snapshots(keptAs(again.stderr)), ['mine'])
  })
})
