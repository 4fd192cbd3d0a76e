import { NO_SSH, programOnHost, testIo } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'
import { makeBackup, makeScene } from './setup.js'

void t.test('--verify compares both sides and changes nothing', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'verify', 'source', 'target')
  const { from, to } = scene
  const { dataset, path, copy } = await makeBackup(scene, 'verify', ['/child'])
  const args = ['--ssh-source', 'source', '--ssh-target', 'target', 'verify', path]
  await scene.ok(t, args)
  const verify = async (...more: readonly string[]) => {
    const before = [await from.guids(dataset), await to.guids(copy)]
    const { code, stdout, stderr } = await scene.run(['--verify', ...more, ...args])
    t.strictSame([await from.guids(dataset), await to.guids(copy)], before)
    return { code, out: String(stdout), err: stderr }
  }
  const line = (name: string, behind: string) =>
    new RegExp(
      `^ok: ${dataset}${name} -> ${copy}${name}: @verify-\\d+, \\d+min old, ${behind}$`,
      'm',
    )

  const same = await verify()
  t.equal(same.code, 0, same.err)
  t.match(same.out, line('', '0 snapshots behind'))
  t.match(same.out, line('/child', '0 snapshots behind'))

  await t.test('--data', async (t) => {
    const none = await verify('--data')
    t.equal(none.code, 2)
    t.match(none.err, /no such program on source: 'z3-check'/)
    const link = 'ln -sf "$CHECK" /usr/local/bin/z3-check'
    for (const pool of [from, to]) {
      const program = await programOnHost('z3-check', `${pool.host.bin}/run`)
      t.teardown(async () => {
        await pool.must('"$RUN" rm -f /usr/local/bin/z3-check')
        await program.close()
      })
      await pool.must(`"$RUN" mkdir -p /usr/local/bin; "$RUN" ${link}`, { CHECK: program.path })
    }
    const equal = await verify('--data')
    t.equal(equal.code, 0, equal.err)
    t.match(equal.out, line('/child', '0 snapshots behind'))
    // a guid that is equal and contents that differ: a damaged disk, which is hard to have
    await to.must(`"$RUN" sh -c 'rm /usr/local/bin/z3-check; cd /usr/local/bin
      printf "#!/bin/sh\\ncat > /dev/null; echo z3-check: 1 differences >&2; exit 3\\n" > z3-check
      chmod +x z3-check'`)
    const other = await verify('--data')
    t.equal(other.code, 2, other.err)
    t.match(other.err, /differs: the contents of \S+ and \S+: z3-check: 1 differences/)
  })

  await from.must('zfs snapshot "$D@verify-20990101000000"', { D: dataset })
  const behind = await verify('--json')
  t.match(JSON.parse(behind.out), {
    status: 'success',
    failed: 0,
    targets: [{ datasets: [{ source: dataset, target: copy, common: { behind: 1 } }, {}] }],
  })

  await to.must('zfs snapshot "$D@verify-20990101000000"', { D: copy })
  await from.must('zfs create "$D/new"; zfs create "$D/foreign"', { D: dataset })
  await to.must('zfs create "$D/foreign"', { D: copy })
  const wrong = await verify()
  t.equal(wrong.code, 3)
  t.match(wrong.out, line('/child', '0 snapshots behind'))
  t.match(wrong.err, /differs: \S+@verify-20990101000000 and \S+ are different snapshots \(guid\)/)
  t.match(wrong.err, `missing: ${dataset}/new has no copy ${copy}/new`)
  t.match(wrong.err, `no common snapshot: ${dataset}/foreign and ${copy}/foreign`)
})

void t.test('--verify where it has no meaning', async (t) => {
  for (const [args, message] of [
    [['--verify', 'a'], /--verify without a target/],
    [['--verify', 'a', 'file:///x'], /--verify does not apply to a bucket \(file:\/\/\/x\)/],
    [['--data', 'a', 'b'], /--data requires --verify/],
  ] as const) {
    const io = testIo({ PATH: '/nonexistent' })
    t.equal(await main(args, io), 255)
    t.match(io.err(), message)
  }
})
