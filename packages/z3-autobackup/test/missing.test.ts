import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, names, write } from './setup.js'

void t.test('gone at the source', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'mis', 'target', 'target')
  const { from, to } = scene
  const backup = 'mis'
  const below = [
    ...['/gone', '/deselected', '/parent', '/parent/child', '/manual'],
    ...['/others', '/cloned', '/stays'],
  ]
  const { dataset, path, copy } = await makeBackup(scene, backup, below)
  const args = ['-v', backup, path]
  for (const file of ['two', 'three']) {
    await scene.ok(t, args)
    for (const one of below) await write(from, `${dataset}${one}`, file)
  }
  await scene.ok(t, args)
  const isThere = async (name: string): Promise<boolean> =>
    (await to.must('zfs list -H -o name -r "$D"', { D: path }))
      .split('\n')
      .includes(`${copy}${name}`)
  const count = async (name: string): Promise<number> => (await names(to, `${copy}${name}`)).length

  await to.must(
    'zfs create -o canmount=off "$D/by hand"; zfs snapshot "$D/others@mine"; zfs clone "$D/cloned@$(zfs list -H -t snapshot -o name -s createtxg -d 1 "$D/cloned" | tail -n 1 | sed "s/.*@//")" "$POOL/clone of it"',
    { D: copy },
  )
  for (const name of [...['gone', 'parent/child', 'parent', 'manual', 'others', 'cloned']]) {
    await from.must(
      `zfs list -H -t snapshot -d 1 -o name "$D" | tr '\\n' '\\0' | xargs -0 zfs release "zfs_autobackup:${backup}" 2> /dev/null || :
       zfs destroy -r "$D"`,
      { D: `${dataset}/${name}` },
    )
  }
  await from.must('zfs set autobackup:mis=false "$D"', {
    D: `${dataset}/deselected`,
  })

  await t.test('thinned like all others, the last stays', async (t) => {
    await scene.ok(t, [...args, '--keep-target', '2'])
    t.equal(await count('/gone'), 2)
    t.equal(await count('/deselected'), 2)
    await scene.ok(t, [...args, '--keep-target', '0'])
    t.equal(await count('/gone'), 1)
    t.equal(await count('/others'), 2)
  })

  await t.test('the deadline has not come', async (t) => {
    const out = await scene.ok(t, [...args, '--destroy-missing', '30d'])
    t.match(out, `[Target] ${copy}/gone: Waiting for deadline.`)
    t.notMatch(out, 'Destroying')
    t.ok(await isThere('/gone'))
  })

  await t.test('--no-thinning destroys nothing', async (t) => {
    await scene.run([...args, '--destroy-missing', '0s', '--no-thinning'])
    t.ok(await isThere('/gone'))
  })

  await t.test('the deadline is over', async (t) => {
    const { code, stdout, stderr } = await scene.run([...args, ...['--destroy-missing', '0s']])
    const out = String(stdout)
    t.match(out, `[Target] ${copy}/gone: Destroying dataset`)
    t.notOk(await isThere('/gone'))
    t.notOk(await isThere('/deselected'))
    t.notOk(await isThere('/parent/child'), 'the child first')
    t.notOk(await isThere('/parent'))
    t.match(out, `${copy}/others: Still in use by other snapshots`)
    t.strictSame(await names(to, `${copy}/others`), [
      ...(await names(to, `${copy}/others`)).slice(0, 1),
      'mine',
    ])
    t.match(out, `${copy}/by hand: has no snapshots made by us (please destroy manually).`)
    t.ok(await isThere('/by hand'))
    t.match(stderr, /cloned@.* kept, it has clones/)
    t.ok(await isThere('/cloned'))
    t.equal(await count('/cloned'), 1)
    t.equal(code, 0, 'what stays is no failure')
    t.ok(await isThere('/stays'))
    t.ok(await isThere(''))
    t.equal(await count('/stays'), 1)
  })

  await t.test('a target of its own for each backup', async (t) => {
    // what another backup has put below the same path is not ours
    const other = await makeBackup(scene, 'other')
    await scene.ok(t, ['other', path])
    await scene.ok(t, [...args, '--destroy-missing', '0s'])
    t.equal((await names(to, `${path}/${other.dataset}`)).length, 1)
  })
})
