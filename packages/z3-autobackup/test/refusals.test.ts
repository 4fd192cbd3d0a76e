import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { linesOf, makeBackup, makeScene, names, state, timeless, write } from './setup.js'

void t.test('nothing is changed', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'ref', 'target', 'target')
  const { from, to } = scene
  const make = (backup: string, below: readonly string[] = []) => makeBackup(scene, backup, below)
  const states = async (): Promise<readonly string[]> => [await state(from), await state(to)]

  await t.test('what ends a run before anything has changed', async (t) => {
    const { dataset, path } = await make('bad', ['/x'])
    let before = await states()
    const refuses = async (args: readonly string[], message: RegExp): Promise<void> => {
      const result = await scene.run(args)
      t.equal(result.code, 255, result.stderr)
      t.match(result.stderr, message)
      t.notMatch(result.stderr, /^\s+at /m, 'no stack')
    }
    await refuses(['bad', `${path}/not there`], /does not exist/)
    await refuses(
      ['bad', path, '--strip-path', '9'],
      /--strip-path 9 exceeds .*bad, which has 2 components/,
    )
    await refuses(['bad', path, '--send-pipe', 'no-such-z3'], /no-such-z3/)
    t.strictSame(await states(), before, 'nothing has changed')
    await from.must('zfs create "$D-2"; zfs create -o autobackup:bad=true "$D-2/x"', { D: dataset })
    before = await states()
    await refuses(
      ['bad', path, '--strip-path', '2'],
      /bad-2\/x and .*bad\/x would both be received into/,
    )
    t.strictSame(await states(), before, 'nothing has changed')
    await from.must('zfs set autobackup:bad=yes "$D"', { D: `${dataset}/x` })
    before = await states()
    await refuses(['bad', path], /is "yes" \(allowed: true, child/)
    await refuses(['nobody', path], /has the property/)
    await refuses(['bad', `/${path}`], /begins with '\/'/)
    await refuses(['bad', path, '--keep-source', '1x'], /--keep-source/)
    await refuses(['bad', path, '--nonsense'], /nonsense/)
    await refuses(['bad', path, '/more'], /more/)
    await refuses([], /BACKUP-NAME/)
    await refuses(['bad', path, '--ssh-source', 'away'], /away: .*refuse/)
    t.strictSame(await states(), before, 'nothing has changed')
  })

  await t.test('the host of the target is away', async (t) => {
    const { dataset } = await make('away')
    const { code, stderr } = await scene.run([...['away', 'pool/x', '--ssh-target', 'away']])
    t.equal(code, 255)
    t.match(stderr, /away: .*refuse/)
    t.equal((await names(from, dataset)).length, 1, 'taken all the same')
  })

  await t.test('--test', async (t) => {
    const { dataset, path, copy } = await make('plan', ['/a', '/a/b', '/gone'])
    await scene.ok(t, ['plan', path])
    await from.must('zfs create "$D/new"', { D: dataset })
    await from.must(
      'for s in $(zfs list -H -t snapshot -o name "$D/gone"); do zfs release zfs_autobackup:plan "$s"; done; zfs destroy -r "$D/gone"',
      { D: dataset },
    )
    await write(from, dataset, 'x')
    await write(from, `${dataset}/a/b`, 'x')
    await from.must('zfs snapshot "$D@plan-20260101000000"', {
      D: `${dataset}/a`,
    })
    const args = ['plan', path, '--keep-source', '0', '--keep-target', '1']
    args.push('--destroy-missing', '0s')
    const before = await states()
    const told = await scene.ok(t, [...args, '--test'])
    t.strictSame(await states(), before, 'nothing has changed')
    t.match(told, 'test mode')
    const done = await scene.ok(t, [...args, '--verbose'])
    const plan = (text: string): readonly string[] =>
      linesOf(timeless(text)).filter(
        (line) => line.startsWith('[') && !/: (mounting|not mounted)/.test(line),
      )
    t.strictSame(plan(told), plan(done))
    t.ok(plan(told).some((line) => line.endsWith(': Destroying dataset')))
    t.ok(plan(told).some((line) => line.endsWith(': receiving full')))
    t.ok(plan(told).some((line) => line.endsWith(': receiving incremental')))
    t.equal(await to.guids(`${copy}/a/b`), await from.guids(`${dataset}/a/b`))
  })
})
