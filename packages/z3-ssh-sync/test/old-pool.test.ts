import { hostPool, NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { ssh, sync } from './setup.js'

void t.test('a destination that was never upgraded', { skip: NO_SSH }, async (t) => {
  const here = await hostPool('source', 'z3p')
  t.teardown(() => here.close())
  const there = await hostPool('target', 'z3q', '-d')
  t.teardown(() => there.close())
  await here.must('zfs create "$POOL/a"; zfs snapshot "$POOL/a@s1"')
  const from = `${here.name}/a`
  const push = async (to: string, ...more: readonly string[]) =>
    sync([
      ...[...ssh(there.host), '--dataset', from, '--remote-dataset', to],
      ...[...more, `root@${there.host.address}`],
    ])
  const plain = `${there.name}/plain`
  const first = await push(plain)
  t.equal(first.code, 0, first.stderr)
  t.notMatch(first.stderr, 'of zfs send: the pool')
  const flags = `${there.name}/flags`
  const second = await push(flags, '-L', '-e', '-c')
  t.equal(second.code, 0, second.stderr)
  t.match(
    second.stderr,
    `z3-ssh-sync: omitting -L -e -c of zfs send: the pool of ${flags} lacks the feature large_blocks, embedded_data, lz4_compress `,
  )
  await here.must('zfs snapshot "$POOL/a@s2"')
  for (const to of [plain, flags]) {
    const next = await push(to)
    t.equal(next.code, 0, next.stderr)
    t.equal(await there.guids(to), await here.guids(from))
  }
})
