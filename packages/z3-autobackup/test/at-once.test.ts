import { existsSync } from 'node:fs'
import { NO_SSH, until } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, names, state, write } from './setup.js'

void t.test('a run and others', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'one', 'target', 'target')
  const { from, to } = scene

  await t.test('a second run of the same backup waits for none', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'twice')
    const mark = `${t.testdir({})}/mark`
    const first = scene.start([
      ...['twice', path, '--pre-snapshot-cmd', `touch '${mark}'`],
      ...['--pre-snapshot-cmd', 'sleep 8'],
    ])
    await until('the first has its lock', () => existsSync(mark))
    const second = await scene.run(['twice', path])
    t.equal(second.code, 255)
    t.match(
      second.stderr,
      /^z3-autobackup: another run is using backup 'twice' \(pid \d+, started .*\)\nhint: /,
    )
    // one that changes nothing needs none, and so does another backup
    await scene.ok(t, ['twice', path, '--test'])
    const { code, stderr } = await first.ended
    t.equal(code, 0, stderr)
    t.equal(await to.guids(copy), await from.guids(dataset))
    t.equal((await names(from, dataset)).length, 1)
    await scene.ok(t, ['twice', path])
  })

  await t.test('Ctrl-C in the middle: 255, and nothing is left', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'ended')
    const before = [await state(from), await state(to)]
    const mark = `${t.testdir({})}/mark`
    const run = scene.start([
      ...['ended', path, '--pre-snapshot-cmd', `touch '${mark}'`],
      ...['--pre-snapshot-cmd', 'sleep 60'],
    ])
    await until('it waits', () => existsSync(mark))
    run.child.kill('SIGINT')
    const { code, stderr } = await run.ended
    t.equal(code, 255, stderr)
    t.strictSame([await state(from), await state(to)], before)
    await scene.ok(t, ['ended', path])
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test('names are trusted where the user says so', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'names')
    await scene.ok(t, ['names', path])
    const [name = ''] = await names(from, dataset)
    // the same name and content in another snapshot
    await from.must(
      'zfs release zfs_autobackup:names "$D@$S"; zfs destroy "$D@$S"; zfs snapshot "$D@$S"',
      { D: dataset, S: name },
    )
    await write(from, dataset, 'more')
    const refused = await scene.run(['names', path])
    t.equal(refused.code, 1)
    t.match(refused.stderr, /has the name of .*, but is another snapshot/)
    t.match(refused.stderr, /can't find a common snapshot/)
    // zfs itself does not take it, and that is told
    const trusted = await scene.run(['names', path, '--no-guid-check'])
    t.equal(trusted.code, 1)
    t.match(trusted.stderr, /most recent snapshot|does not match/)
    t.equal((await names(to, copy)).length, 1)
  })
})
