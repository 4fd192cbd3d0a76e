import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, sums, write } from './setup.js'

void t.test('a target that was never upgraded', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'old', 'source', 'target', '-d')
  const { from, to } = scene
  const { dataset, path, copy } = await makeBackup(scene, 'old')
  await from.must('zfs set recordsize=1M compression=lz4 "$D"', { D: dataset })
  const args = ['--ssh-target', scene.toHost, '--zfs-compressed', 'old', path]
  for (const run of ['first', 'second']) {
    await write(from, dataset, run, 3_000_000)
    // small ones are embedded
    await from.must(
      '"$RUN" sh -c \'for i in 1 2 3; do echo abc > "$1/$2$i"; done\' sh "/$D" "$F"; zpool sync "$POOL"',
      { D: dataset, F: run },
    )
    const { code, stderr } = await scene.run(args)
    t.equal(code, 0, stderr)
    t.match(
      stderr,
      `NOTE: [Target] omitting -L -e -c of zfs send: the pool of ${path} lacks the feature large_blocks, embedded_data, lz4_compress `,
    )
    t.equal(await to.guids(copy), await from.guids(dataset))
  }
  t.equal(await sums(to, copy), await sums(from, dataset))

  await write(from, dataset, 'by hand')
  const refused = await scene.run(['--send-flags', 'L', ...args])
  t.equal(refused.code, 1, 'as it was asked for')
  t.match(refused.stderr, /pool must be upgraded to receive this stream/)
  t.match(refused.stderr, /hint: The receiving pool lacks a feature/)
  const none = await scene.run([
    ...['--ssh-target', scene.toHost, '--send-flags', 'none', 'old', path],
  ])
  t.equal(none.code, 0, none.stderr)
  t.notMatch(none.stderr, 'of zfs send: the pool')
  t.equal(await to.guids(copy), await from.guids(dataset))
})
