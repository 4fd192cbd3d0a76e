import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { holds, makeScene, names, state, write } from './setup.js'

void t.test('thinning, local', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'thi', 'target', 'target')
  const { from, to } = scene

  /** A source with snapshots of ours, old to new, and where it goes. */
  const make = async (
    backup: string,
    snapshots: readonly string[] = [],
  ): Promise<{ dataset: string; path: string; copy: string }> => {
    const dataset = `${from.name}/${backup}`
    const path = `${to.name}/${backup}`
    await from.must('zfs create -o "autobackup:$B=true" "$D"', {
      D: dataset,
      B: backup,
    })
    for (const snapshot of snapshots) {
      await write(from, dataset, snapshot)
      await from.must('zfs snapshot "$D@$S"', { D: dataset, S: snapshot })
    }
    await to.must('zfs create -o atime=off "$D"', { D: path })
    return { dataset, path, copy: `${path}/${dataset}` }
  }
  const ours = (backup: string, days: readonly number[]) =>
    days.map((day) => `${backup}-202601${String(day).padStart(2, '0')}000000`)

  await t.test('what the target does not want is never sent', async (t) => {
    const [s1, s2, s3, s4] = ours('ahead', [1, 2, 3, 4])
    const { dataset, path, copy } = await make('ahead', [...[s1, s2, s3, s4].map(String)])
    const out = await scene.ok(t, [
      ...['ahead', path, '-v', '--no-snapshot'],
      ...['--keep-source', '1', '--keep-target', '2'],
    ])
    t.strictSame(await names(to, copy), [s3, s4])
    t.equal(out.match(/: receiving /g)?.length, 2, out)
    t.strictSame(await names(from, dataset), [s4])
  })

  await t.test('keep 0 on both sides', async (t) => {
    const { dataset, path, copy } = await make('zero', ours('zero', [1, 2, 3]))
    const args = ['zero', path, '--keep-source', '0', '--keep-target', '0']
    for (const file of ['a', 'b']) {
      await write(from, dataset, file)
      await scene.ok(t, args)
      t.equal((await names(from, dataset)).length, 1)
      t.equal(await to.guids(copy), await from.guids(dataset))
    }
  })

  await t.test('thinned as it goes', async (t) => {
    const { dataset, path, copy } = await make('going', ours('going', [1]))
    await scene.ok(t, ['going', path, '--no-snapshot'])
    for (const snapshot of ours('going', [2, 3, 4])) {
      await write(from, dataset, snapshot)
      await from.must('zfs snapshot "$D@$S"', { D: dataset, S: snapshot })
    }
    const out = await scene.ok(t, [
      ...['going', path, '--no-snapshot', '-v'],
      ...['--keep-source', '0', '--keep-target', '10'],
    ])
    const at = (text: string): number => {
      const index = out.indexOf(text)
      t.ok(index >= 0, text)
      return index
    }
    const [s1, s2, s3] = ours('going', [1, 2, 3])
    t.ok(at(`@${String(s2)}: receiving`) < at(`${dataset}@${String(s1)}: Destr`))
    t.ok(
      at(`${dataset}@${String(s1)}: Destr`) < at(`@${String(s3)}: receiving`),
      'the base goes before the next is sent',
    )
    t.strictSame(await names(to, copy), ours('going', [1, 2, 3, 4]))
    t.strictSame(await names(from, dataset), ours('going', [4]))
  })

  await t.test('snapshots only: what is held stays', async (t) => {
    const { dataset, path } = await make('held', ours('held', [1]))
    await scene.ok(t, ['held', path, '--no-snapshot'])
    for (const file of ['a', 'b']) {
      await write(from, dataset, file)
      const out = await scene.ok(t, ['held', '-v', '--keep-source', '0'])
      t.match(out, /@held-20260101000000: Keeping \(common snapshot\)/)
    }
    t.equal((await names(from, dataset)).length, 2)
    t.strictSame(await holds(from, dataset), ['held-20260101000000 zfs_autobackup:held'])
  })

  await t.test("others' snapshots, a hold, a clone", async (t) => {
    const [s1, s2, s3, s4] = ours('stay', [1, 2, 3, 4])
    const { dataset, path, copy } = await make('stay', [
      ...[s1, 'mine', 'stay-1', 'stay-2026010200000', s2, s3, s4].map(String),
    ])
    await from.must('zfs hold mine "$D@$S1"; zfs clone "$D@$S2" "$POOL/clone of it"', {
      D: dataset,
      S1: String(s1),
      S2: String(s2),
    })
    const { code, stdout, stderr } = await scene.run([
      ...['stay', path, '-v', '--keep-source', '0', '--keep-target', '0'],
      '--no-snapshot',
    ])
    t.equal(code, 0, stderr)
    t.strictSame(await names(from, dataset), [
      ...[s1, 'mine', 'stay-1', 'stay-2026010200000', s2, s4],
    ])
    t.strictSame(await names(to, copy), [s4])
    t.match(String(stdout), `@${String(s1)}: Keeping (held by mine)`)
    t.match(stderr, /kept, it has clones/)
    t.notMatch(String(stdout), `@${String(s2)}: Destroying`)
  })

  await t.test('snapshots only: what is not ours to destroy', async (t) => {
    const [s1, s2, s3, s4] = ours('named', [1, 2, 3, 4])
    const { dataset } = await make('named', [s1, s2, s3, s4].map(String))
    await from.must(
      `zfs hold mine "$D@$S1"; zfs clone "$D@$S2" "$POOL/another clone"
       zfs hold zfs_autobackup:named "$D@$S3"`,
      { D: dataset, S1: String(s1), S2: String(s2), S3: String(s3) },
    )
    for (const options of [['--test'], []]) {
      const { code, stdout, stderr } = await scene.run([
        ...['named', '-v', '--keep-source', '0', '--no-snapshot', ...options],
      ])
      t.equal(code, 0, stderr)
      t.match(String(stdout), `@${String(s1)}: Keeping (held by mine)`)
      t.match(String(stdout), `@${String(s3)}: Keeping (common snapshot)`)
      t.notMatch(String(stdout), 'Destroying')
      t.match(stderr, `${dataset}@${String(s2)}: kept, it has clones`)
      t.strictSame(await names(from, dataset), [s1, s2, s3, s4])
    }
  })

  await t.test('a hold that is missing is put back, with a note', async (t) => {
    const { dataset, path, copy } = await make('again', ours('again', [1]))
    const args = ['again', path, '--no-snapshot']
    await scene.ok(t, args)
    const held = ['again-20260101000000 zfs_autobackup:again']
    t.strictSame(await holds(from, dataset), held)
    const { stderr: silent } = await scene.run(args)
    t.equal(silent, '')
    const release = 'zfs release zfs_autobackup:again "$D@again-20260101000000"'
    await from.must(release, { D: dataset })
    await to.must(release, { D: copy })
    const { code, stderr } = await scene.run(args)
    t.equal(code, 0, stderr)
    for (const name of [`[Target] ${copy}`, `[Source] ${dataset}`]) {
      t.match(
        stderr,
        `NOTE: ${name}@again-20260101000000: holding (zfs_autobackup:again), which was missing`,
      )
    }
    t.strictSame(await holds(from, dataset), held)
    t.strictSame(await holds(to, copy), held)
  })

  await t.test('a run that sends nothing holds nothing of others', async (t) => {
    const { dataset, path, copy } = await make('theirs', ['mine'])
    await scene.ok(t, ['theirs', path, '--no-snapshot', '--other-snapshots'])
    const before = [await holds(from, dataset), await holds(to, copy)]
    t.strictSame(before, [['mine zfs_autobackup:theirs'], ['mine zfs_autobackup:theirs']])
    await from.must('zfs release zfs_autobackup:theirs "$D@mine"', {
      D: dataset,
    })
    const { stderr } = await scene.run(['theirs', path, '--no-snapshot'])
    t.equal(stderr, '')
    t.strictSame(await holds(from, dataset), [])
  })

  await t.test('--no-thinning', async (t) => {
    const { dataset, path, copy } = await make('all', ours('all', [1, 2, 3]))
    await scene.ok(t, [
      ...['all', path, '--no-thinning', '--no-snapshot'],
      ...['--keep-source', '0', '--keep-target', '0'],
    ])
    t.strictSame(await names(from, dataset), ours('all', [1, 2, 3]))
    t.strictSame(await names(to, copy), ours('all', [1, 2, 3]))
  })

  await t.test('--other-snapshots, and those left out', async (t) => {
    const [s1, s2] = ours('other', [1, 2])
    const { dataset, path, copy } = await make('other', [
      ...['x', s1, 'y', 'not-this', s2].map(String),
    ])
    await scene.ok(t, [
      ...['other', path, '--no-snapshot', '--other-snapshots'],
      ...['--exclude-snapshot-pattern', '@not-', '--keep-target', '1'],
      ...['--keep-source', '0'],
    ])
    t.strictSame(await names(to, copy), ['x', 'y', s2])
    t.strictSame(await names(from, dataset), ['x', 'y', 'not-this', s2])
  })

  await t.test('--no-send thins, and keeps what is to be sent', async (t) => {
    const { dataset, path, copy } = await make('nosend', ours('nosend', [1, 2]))
    await scene.ok(t, ['nosend', path, '--no-snapshot'])
    for (const snapshot of ours('nosend', [3, 4])) {
      await write(from, dataset, snapshot)
      await from.must('zfs snapshot "$D@$S"', { D: dataset, S: snapshot })
    }
    const out = await scene.ok(t, [
      ...['nosend', path, '--no-snapshot', '--no-send', '-v'],
      ...['--keep-source', '0', '--keep-target', '2'],
    ])
    t.notMatch(out, 'receiving')
    t.strictSame(await names(from, dataset), ours('nosend', [2, 3, 4]))
    t.strictSame(await names(to, copy), ours('nosend', [2]))
    await scene.ok(t, ['nosend', path, '--no-snapshot'])
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test('--no-holds', async (t) => {
    const { dataset, path, copy } = await make('free', ours('free', [1]))
    await scene.ok(t, ['free', path, '--no-snapshot', '--no-holds'])
    t.strictSame(await holds(from, dataset), [])
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test('what a snapshot is taken of', async (t) => {
    const { dataset, path } = await make('change')
    await scene.ok(t, ['change', path])
    t.equal((await names(from, dataset)).length, 1, 'the first in any case')
    await write(from, dataset, 'x', 100_000)
    const few = await scene.ok(t, ['change', path, '-v', '--min-change', '9M'])
    t.match(few, 'No changes since')
    await scene.ok(t, ['change', path, '--min-change', '50k'])
    t.equal((await names(from, dataset)).length, 2)
    await scene.ok(t, ['change', path])
    t.equal((await names(from, dataset)).length, 2)
    await scene.ok(t, ['change', path, '--allow-empty'])
    t.equal((await names(from, dataset)).length, 3)
    t.equal(await to.guids(`${path}/${dataset}`), await from.guids(dataset), 'all of them are sent')
    const pools = [await state(from), await state(to)]
    await scene.ok(t, ['change', path, '--no-snapshot'])
    t.strictSame([await state(from), await state(to)], pools)
  })

  await t.test('what is left out, and not missing', async (t) => {
    const { dataset, path, copy } = await make('unchanged')
    await scene.ok(t, ['unchanged', path])
    await from.must('zfs snapshot "$D@of-another-tool"', { D: dataset })
    for (const option of ['--exclude-unchanged', '--ignore-replicated']) {
      const out = await scene.ok(t, [
        ...['unchanged', path, '-v', '--allow-empty=false', option],
        ...(option === '--ignore-replicated' ? ['--min-change', '200000'] : []),
        ...['--destroy-missing', '0s'],
      ])
      t.match(out, /unchanged: Ignored \(/, option)
      t.equal((await names(to, copy)).length, 1, 'the copy is left alone')
    }
    await write(from, dataset, 'x', 300_000)
    const out = await scene.ok(t, [...['unchanged', path, '-v', '--exclude-unchanged=100000']])
    t.match(out, 'receiving incremental')
  })

  await t.test('--exclude-received', async (t) => {
    const { dataset, path } = await make('got', ours('got', [1]))
    await from.must('zfs send -p "$D@got-20260101000000" | zfs receive -u "$POOL/received"', {
      D: dataset,
    })
    const received = `${from.name}/received`
    const out = await scene.ok(t, ['got', path, '-v', '--exclude-received'])
    t.match(out, `${received}: Ignored (received property)`)
    const all = await scene.ok(t, ['got', path, '-v'])
    t.match(all, `${received}: Selected`)
    const only = await scene.ok(t, ['got', '-v'])
    t.match(only, `${received}: Ignored (received property)`)
  })
})
