import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, names, sums, write } from './setup.js'

void t.test('what is between the hosts', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'fil', ['source', 5], ['target', 2])
  const { from, to } = scene
  const { dataset, path, copy } = await makeBackup(scene, 'fil')
  const push = ['--ssh-target', 'target', 'fil', path, '--debug']
  let n = 0
  /** Something new goes through, and arrives. */
  const goes = async (options: readonly string[]): Promise<string> => {
    n += 1
    await write(from, dataset, `file ${String(n)}`)
    const { code, stdout, stderr } = await scene.run([...push, ...options])
    t.equal(code, 0, stderr)
    t.equal(await to.guids(copy), await from.guids(dataset))
    t.equal((await names(from, dataset)).length, n)
    return `${String(stdout)}${stderr}`
  }

  await t.test('--compress', async (t) => {
    for (const [type, there] of [
      ['gzip', 'gzip -3 -c | '],
      ['pigz-fast', 'pigz -3 -c | '],
      ['zstd-adapt', 'zstd -q -T0 --adapt -c | '],
      ['lz4', 'lz4 -q -c | '],
      ['xz', 'xz -q -c | '],
    ] as const) {
      t.match(await goes(['--compress', type]), there)
    }
    t.match(await goes(['--compress']), 'zstd -q -T0 -3 -c | ')
  })

  await t.test('--rate and --buffer', async (t) => {
    t.match(await goes(['--rate', '20M']), 'mbuffer -q -s 128k -m 16384k -R ')
    const missing = await scene.run([
      ...push,
      '--buffer',
      '1M',
      '--allow-empty',
    ])
    t.equal(missing.code, 255, 'with --debug the first error ends the run')
    t.match(missing.stderr, "no such program on target: 'mbuffer'")
    await goes([]).finally(() => (n += 1))
  })

  t.equal(await sums(to, copy), await sums(from, dataset))
})

void t.test('on one host', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'fil', ['source', 5], ['target', 2])
  const { from } = scene
  const dataset = `${from.name}/data`
  await from.must(
    'zfs create -o autobackup:here=true "$D"; zfs create -o atime=off "$POOL/to"',
    { D: dataset },
  )
  await write(from, dataset, 'file', 3_000_000)
  const path = `${from.name}/to`
  const { code, stdout, stderr } = await scene.run([
    ...['here', path, '--debug', '--progress', '--send-pipe', 'cat'],
    ...['--buffer', '1M', '--buffer-chunk-size', '64k', '--rate', '20M'],
    ...['--set-snapshot-properties', 'com.example:why=nightly,a:b=c d'],
  ])
  t.equal(code, 0, stderr)
  t.match(
    `${String(stdout)}${stderr}`,
    ' | cat | mbuffer -q -s 64k -m 1024k -R 20480k | mbuffer -q -s 64k -m 1024k | zfs receive ',
  )
  t.match(stderr, /\/data@here-\d{14} {2}.*\ds$/m, 'progress')
  t.equal(await sums(from, `${path}/${dataset}`), await sums(from, dataset))
  const [snapshot = ''] = await names(from, dataset)
  t.equal(
    await from.must('zfs get -H -o value com.example:why,a:b "$S"', {
      S: `${dataset}@${snapshot}`,
    }),
    'nightly\nc d\n',
  )
})
