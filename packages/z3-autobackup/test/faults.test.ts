import { NO_SSH, until } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, names, sums, write } from './setup.js'

void t.test('faults, local', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'fau', 'target', 'target')
  const { from, to } = scene

  const make = (backup: string, below: readonly string[] = []) => makeBackup(scene, backup, below)

  await t.test('the target was modified', async (t) => {
    const { dataset, path, copy } = await make('modified')
    await scene.ok(t, ['modified', path])
    await to.must('zfs get -H mounted "$D"', { D: copy })
    await write(to, copy, 'written there')
    await write(from, dataset, 'two')
    const { code, stderr } = await scene.run(['modified', path])
    t.equal(code, 1)
    t.match(stderr, /cannot receive .* has been modified\n/)
    t.match(stderr, 'hint: ')
    t.equal((await names(to, copy)).length, 1)
    t.match(await sums(to, copy), 'written there')
    await scene.ok(t, ['modified', path, '--rollback'])
    t.equal(await to.guids(copy), await from.guids(dataset))
    t.equal(await sums(to, copy), await sums(from, dataset))
  })

  await t.test('the target has diverged', async (t) => {
    const { dataset, path, copy } = await make('diverged')
    await scene.ok(t, ['diverged', path])
    await to.must('zfs snapshot "$D@harmless"', { D: copy })
    await write(to, copy, 'x')
    await to.must('zfs snapshot "$D@there"; zfs snapshot "$D@last"', {
      D: copy,
    })
    await write(from, dataset, 'two')
    const guids = await to.guids(copy)
    const { code, stderr } = await scene.run(['diverged', path])
    t.equal(code, 1)
    t.match(stderr, /block the stream: @there and 1 newer/)
    t.match(stderr, '--destroy-incompatible')
    t.equal(await to.guids(copy), guids)
    const out = await scene.ok(t, [...['diverged', path, '-v', '--destroy-incompatible']])
    t.match(out, `${copy}@there: Destroying`)
    t.strictSame(
      (await names(to, copy)).filter((name) => !name.startsWith('diverged-')),
      ['harmless'],
    )
    t.equal(await sums(to, copy), await sums(from, dataset))
  })

  await t.test('nothing in common', async (t) => {
    const { dataset, path, copy } = await make('nothing')
    await scene.ok(t, ['nothing', path, '--no-holds'])
    const [common = ''] = await names(from, dataset)
    await from.must('zfs destroy "$D@$S"', { D: dataset, S: common })
    await from.must('zfs snapshot "$D@$S"', { D: dataset, S: common })
    const guids = await to.guids(copy)
    for (const more of [[], ['--destroy-incompatible', '--force']]) {
      await write(from, dataset, 'x')
      const { code, stderr } = await scene.run(['nothing', path, ...more])
      t.equal(code, 1)
      t.match(stderr, /can't find a common snapshot with/)
      t.match(stderr, `has the name of ${copy}@${common}`, 'why')
      t.equal(await to.guids(copy), guids)
    }
  })

  await t.test('a snapshot is destroyed in the middle', async (t) => {
    const { dataset, path, copy } = await make('middle')
    const other = `${dataset}-other`
    await from.must('zfs create -o autobackup:middle=true "$D"', { D: other })
    for (const day of [1, 2, 3]) {
      await from.must('zfs snapshot "$D@$S"', {
        D: dataset,
        S: `middle-2026010${String(day)}000000`,
      })
    }
    const dir = t.testdir({
      filter: `#!/bin/bash\nzfs destroy '${dataset}@middle-20260102000000' 2> /dev/null\nexec cat\n`,
    })
    await from.must('chmod +x "$F"', { F: `${dir}/filter` })
    const { code, stderr } = await scene.run([...['middle', path, '--send-pipe', `${dir}/filter`]])
    t.equal(code, 1, stderr)
    t.match(stderr, /@middle-20260102000000': dataset does not exist\n/)
    t.equal((await names(to, `${path}/${other}`)).length, 1, 'the others have gone on')
    await scene.ok(t, ['middle', path])
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test('one of many fails, two of many', async (t) => {
    const { dataset, path, copy } = await make('many', ['/a', '/b', '/c'])
    await scene.ok(t, ['many', path])
    for (const one of ['/a', '/c']) {
      await write(to, `${copy}${one}`, 'x')
      for (const below of ['/a', '/b', '/c']) {
        await write(from, `${dataset}${below}`, `two ${one.slice(1)}`)
      }
      const { code, stderr } = await scene.run(['many', path])
      t.equal(code, one === '/a' ? 1 : 2)
      t.match(stderr, `${dataset}${one}: `)
      t.match(stderr, one === '/a' ? '! 1 dataset failed!' : '! 2 datasets failed!')
      t.equal(await to.guids(`${copy}/b`), await from.guids(`${dataset}/b`))
    }
    const debug = await scene.run(['many', path, '--debug'])
    t.equal(debug.code, 255, 'stops at the first')
  })

  await t.test('the target is full', async (t) => {
    const { dataset, path, copy } = await make('full', ['/big', '/small'])
    await scene.ok(t, ['full', path])
    await write(from, `${dataset}/big`, 'file', 8_000_000)
    await write(from, `${dataset}/small`, 'two')
    await to.must('zfs set quota=3M "$D"', { D: `${copy}/big` })
    const { code, stderr } = await scene.run(['full', path, '-v'])
    t.equal(code, 1, stderr)
    t.match(stderr, /full\/big: .*(quota exceeded|out of space)/)
    t.match(stderr, 'Free space in the pool, or raise the quota')
    t.equal(await to.guids(`${copy}/small`), await from.guids(`${dataset}/small`))
    await to.must('zfs set quota=none "$D"', { D: `${copy}/big` })
    await scene.ok(t, ['full', path])
    t.equal(await to.guids(`${copy}/big`), await from.guids(`${dataset}/big`))
    t.equal(await sums(to, `${copy}/big`), await sums(from, `${dataset}/big`))
  })

  await t.test('--ignore-transfer-errors', async (t) => {
    const { dataset, path, copy } = await make('ignore')
    const dir = t.testdir({ filter: '#!/bin/bash\ncat; exit 3\n' })
    await from.must('chmod +x "$F"', { F: `${dir}/filter` })
    const args = ['ignore', path, '--send-pipe', `${dir}/filter`]
    const failed = await scene.run(args)
    t.equal(failed.code, 1)
    t.match(failed.stderr, /exited 3/)
    await write(from, dataset, 'x')
    await scene.ok(t, [...args, '--ignore-transfer-errors'])
    t.equal(await to.guids(copy), await from.guids(dataset))
    // and it has to arrive all the same
    await write(from, dataset, 'y')
    const nothing = await scene.run([
      ...['ignore', path, '--ignore-transfer-errors', '--send-pipe', 'false'],
    ])
    t.equal(nothing.code, 1)
    t.match(nothing.stderr, /has not arrived/)
  })

  await t.test('--force, into what has no snapshots', async (t) => {
    const { dataset, path, copy } = await make('force')
    await to.must('zfs create -p "$D"', { D: copy })
    const { code, stderr } = await scene.run(['force', path])
    t.equal(code, 1)
    t.match(stderr, /exists/)
    await scene.ok(t, ['force', path, '--force'])
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test('ended by Ctrl-C', async (t) => {
    const { dataset, path, copy } = await make('break')
    const dir = t.testdir({
      filter: `#!/bin/bash\necho $$ > "$(dirname "$0")/pid"\nhead -c 20000; exec sleep 1000\n`,
    })
    await from.must('chmod +x "$F"', { F: `${dir}/filter` })
    const { child, ended } = scene.start([...['break', path, '--send-pipe', `${dir}/filter`]])
    await until('it sends', async () => from.must('[ ! -s "$F" ] || echo yes', { F: `${dir}/pid` }))
    child.kill('SIGINT')
    const { code, signal, stderr } = await ended
    t.strictSame([code, signal], [255, null], stderr)
    await from.must('! kill -0 "$(cat "$F")" 2> /dev/null', {
      F: `${dir}/pid`,
    })
    await scene.ok(t, ['break', path])
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test("the user's own commands", async (t) => {
    const { dataset, path } = await make('hooks')
    const log = `${t.testdir({})}/log`
    const args = [
      ...['hooks', path, '--pre-snapshot-cmd', `sh -c 'echo pre >> "${log}"'`],
      ...['--post-snapshot-cmd', `sh -c 'echo post >> "${log}"; exit 1'`],
    ]
    const logged = (): Promise<string> => from.must('cat "$L" 2> /dev/null || :', { L: log })
    await scene.ok(t, [...args, '--test'])
    t.equal(await logged(), '', 'not with --test')
    const { code, stderr } = await scene.run(args)
    t.equal(code, 1, 'what fails afterwards counts')
    t.match(stderr, /! .*exit/)
    t.match(stderr, '1 command after the snapshots failed!')
    t.equal(await logged(), 'pre\npost\n')
    await scene.ok(t, args)
    t.equal(await logged(), 'pre\npost\n', 'nothing to take, nothing to run')
    await write(from, dataset, 'x')
    const failed = await scene.run([...args, '--pre-snapshot-cmd', 'false'])
    t.equal(failed.code, 255)
    t.equal(await logged(), 'pre\npost\npre\npost\n')
    t.match(failed.stderr, /sh -c .* exited 1/, 'the other failure, too')
    t.equal((await names(from, dataset)).length, 1)
  })
})
