import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, names, sums, write } from './setup.js'

void t.test('what is between the hosts', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'fil', 'source', 'target')
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
    return `${String(stdout)}${stderr}`
  }

  // the target has no zstd and no mbuffer
  for (const [options, shown, lacking] of [
    [['--compress', 'gzip'], 'gzip -3 -c | ', ['--compress']],
    [['--rate', '20M'], ' | mbuffer -q -s 128k -m 16384k -R 20480k | ', ['--buffer', '1M']],
  ] as const) {
    t.match(await goes(options), shown)
    const missing = await scene.run([...push, ...lacking])
    t.equal(missing.code, 255, 'before anything has begun')
    t.match(missing.stderr, /no such program on target: '(zstd|mbuffer)'/)
  }

  t.equal(await sums(to, copy), await sums(from, dataset))
})

void t.test('on one host', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'fil', 'source', 'target')
  const { from } = scene
  const dataset = `${from.name}/data`
  await from.must('zfs create -o autobackup:here=true "$D"; zfs create -o atime=off "$POOL/to"', {
    D: dataset,
  })
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
  t.notMatch(stderr, /\(\d+\/\d+\)/, 'how many there will be is not known')
  t.equal(await sums(from, `${path}/${dataset}`), await sums(from, dataset))
  const [snapshot = ''] = await names(from, dataset)
  t.equal(
    await from.must('zfs get -H -o value com.example:why,a:b "$S"', {
      S: `${dataset}@${snapshot}`,
    }),
    'nightly\nc d\n',
  )
})
