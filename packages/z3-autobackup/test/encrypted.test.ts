import { NO_SSH } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { makeScene, sums, write } from './setup.js'

void t.test('encryption and properties', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'enc', 'target', 'target')
  const { from, to } = scene
  const secret = `${from.name}/secret`
  const clear = `${from.name}/clear`
  await from.must(
    `echo password | zfs create -o encryption=on -o keyformat=passphrase "$POOL/secret"
     zfs create -o recordsize=1M -o compression=lz4 "$POOL/clear"
     zfs create -V 16M "$POOL/volume"`,
  )
  await to.must(
    'echo otherword | zfs create -o atime=off -o encryption=on -o keyformat=passphrase "$POOL/vault"; zfs create -o atime=off "$POOL/plain"',
  )
  const get = async (dataset: string, property: string): Promise<string> =>
    (
      await to.must('zfs get -Hp -o value "$P" "$D"', {
        P: property,
        D: dataset,
      })
    ).trim()
  let files = 0
  /** A first run and an increment; the copy has the snapshots of the source. */
  const backUp = async (
    t: Test,
    dataset: string,
    backup: string,
    path: string,
    ...more: readonly string[]
  ): Promise<string> => {
    await from.must('zfs set "autobackup:$B=true" "$D"', {
      B: backup,
      D: dataset,
    })
    const copy = `${path}/${dataset}`
    for (const kind of ['full', 'incremental']) {
      await write(from, dataset, `file ${String((files += 1))}`, 300_000)
      const out = await scene.ok(t, ['-v', backup, path, ...more])
      t.match(out, `: receiving ${kind}`)
    }
    await from.must('zfs inherit "autobackup:$B" "$D"', {
      B: backup,
      D: dataset,
    })
    const ours = (text: string): readonly string[] =>
      text.split('\n').filter((line) => line.startsWith(`${backup}-`))
    t.strictSame(ours(await to.guids(copy)), ours(await from.guids(dataset)))
    t.equal(ours(await to.guids(copy)).length, 2)
    return copy
  }

  await t.test('raw by itself', async (t) => {
    const copy = await backUp(t, secret, 'raw', `${to.name}/plain`)
    t.equal(await get(copy, 'encryption'), 'aes-256-gcm')
    t.equal(await get(copy, 'keystatus'), 'unavailable')
    await to.must('echo password | zfs load-key "$D"', { D: copy })
    t.equal(await sums(to, copy), await sums(from, secret))
    await to.must('zfs rename "$D" "$POOL/raw"', { D: copy })
  })

  await t.test('--decrypt', async (t) => {
    const copy = await backUp(t, secret, 'dec', `${to.name}/plain`, '--decrypt')
    t.equal(await get(copy, 'encryption'), 'off')
    t.equal(await sums(to, copy), await sums(from, secret))
  })

  await t.test('--encrypt, into what is encrypted', async (t) => {
    const copy = await backUp(t, clear, 'enc', `${to.name}/vault`, '--encrypt')
    t.equal(await get(copy, 'encryption'), 'aes-256-gcm')
    t.equal(await get(copy, 'encryptionroot'), `${to.name}/vault`)
    t.equal(await get(copy, 'recordsize'), '1048576')
    t.equal(await sums(to, copy), await sums(from, clear))
  })

  await t.test('--encrypt, into what is not encrypted', async (t) => {
    const copy = `${to.name}/plain/${clear}`
    await from.must('zfs set autobackup:un=true "$D"', { D: clear })
    const { code, stderr } = await scene.run([...['un', `${to.name}/plain`, '--encrypt']])
    await from.must('zfs inherit autobackup:un "$D"', { D: clear })
    t.equal(code, 0, stderr)
    t.match(stderr, `NOTE: [Target] ${copy}: will not be encrypted`)
    t.equal(await get(copy, 'encryption'), 'off')
    await to.must(
      'for s in $(zfs list -H -t snapshot -o name "$D"); do zfs release zfs_autobackup:un "$s"; done; zfs destroy -r "$D"',
      { D: copy },
    )
  })

  await t.test('without --encrypt, into what is encrypted', async (t) => {
    const copy = `${to.name}/vault/${clear}`
    await to.must('zfs rename "$D" "$POOL/vault/kept"', { D: copy })
    await from.must('zfs set autobackup:in=true "$D"', { D: clear })
    const { code, stderr } = await scene.run(['in', `${to.name}/vault`])
    await from.must('zfs inherit autobackup:in "$D"', { D: clear })
    t.equal(code, 0, stderr)
    t.match(stderr, `${copy}: will not be encrypted, since the source is not, although `)
    t.equal(await get(copy, 'encryption'), 'off')
    await to.must(
      'for s in $(zfs list -H -t snapshot -o name "$D"); do zfs release zfs_autobackup:in "$s"; done; zfs destroy -r "$D"; zfs rename "$POOL/vault/kept" "$D"',
      { D: copy },
    )
  })

  await t.test('--decrypt --encrypt', async (t) => {
    const copy = await backUp(...[t, secret, 'both', `${to.name}/vault`, '--decrypt', '--encrypt'])
    t.equal(await get(copy, 'encryptionroot'), `${to.name}/vault`)
    t.equal(await sums(to, copy), await sums(from, secret))
  })

  await t.test('compressed over the line', async (t) => {
    const copy = await backUp(
      ...[t, clear, 'line', `${to.name}/plain`, '--zfs-compressed'],
      ...['--compress=gzip', '--send-pipe', 'cat', '--recv-pipe', 'cat'],
    )
    t.equal(await sums(to, copy), await sums(from, clear))
  })

  await t.test('properties, and what is mounted', async (t) => {
    const volume = `${from.name}/volume`
    await from.must(
      `zfs create -o mountpoint=/from-here -o com.example:note=x -o compression=gzip "$POOL/props"
       zfs set autobackup:props=true "$POOL/props"; zfs set autobackup:props=true "$POOL/volume"
       zfs create -o mountpoint=none "$POOL/none"; zfs set autobackup:props=true "$POOL/none"
       zfs create "$POOL/usual"; zfs set autobackup:props=true "$POOL/usual"`,
    )
    await to.must('zfs create "$POOL/as-is"; zfs create "$POOL/filtered"')
    const asIs = `${to.name}/as-is/${from.name}`
    await scene.ok(t, ['props', `${to.name}/as-is`])
    t.equal(await get(`${asIs}/props`, 'com.example:note'), 'x')
    t.equal(await get(`${asIs}/props`, 'compression'), 'gzip')
    t.equal(await get(`${asIs}/props`, 'autobackup:props'), '-', 'a copy is not selected')
    t.equal(await get(`${asIs}/props`, 'mounted'), 'no', 'not at /from-here')
    t.equal(await get(`${asIs}/none`, 'mounted'), 'no')
    t.equal(await get(`${asIs}/usual`, 'mounted'), 'yes')
    t.not(await get(`${asIs}/volume`, 'refreservation'), '0')

    const filtered = `${to.name}/filtered/${from.name}`
    const args = [
      ...['props', `${to.name}/filtered`, '--allow-empty'],
      ...['--clear-mountpoint', '--clear-refreservation'],
      ...['--filter-properties', 'compression,com.example:note'],
      ...['--set-properties', 'com.example:set=y z,com.example:two=2'],
    ]
    await scene.ok(t, args)
    await scene.ok(t, args)
    t.equal(await get(`${filtered}/props`, 'com.example:note'), '-')
    t.not(await get(`${filtered}/props`, 'compression'), 'gzip')
    t.equal(await get(`${filtered}/props`, 'com.example:set'), 'y z')
    t.equal(await get(`${filtered}/volume`, 'com.example:two'), '2')
    t.equal(await get(`${filtered}/props`, 'canmount'), 'noauto')
    t.equal(await get(`${filtered}/usual`, 'mounted'), 'no')
    t.equal(await get(`${filtered}/volume`, 'refreservation'), '0')
    t.equal(
      await to.guids(`${filtered}/volume`),
      await from.guids(volume),
      'the volume has no canmount',
    )
    t.equal(await get(filtered, 'canmount'), 'off', 'parents are not mounted')
  })
})
