import { hostPool, noisyKey, NO_SSH, NOISE } from '@z3/fixtures'
import t from 'tap'
import { ssh, sync } from './setup.js'

void t.test('a remote shell that prints lines of its own', { skip: NO_SSH }, async (t) => {
  const here = await hostPool('source', 'z3n')
  t.teardown(() => here.close())
  const there = await hostPool('target', 'z3o')
  t.teardown(() => there.close())
  const noisy = await noisyKey(there)
  t.teardown(() => noisy.remove())
  const way = ssh({ ...there.host, key: noisy.key })
  const login = `root@${there.host.address}`
  const ok = async (args: readonly string[], expected: string) => {
    const { code, stdout, stderr } = await sync([...way, ...args, login])
    t.equal(code, 0, stderr)
    t.equal(String(stdout), expected)
  }
  const from = `${here.name}/a`
  const to = `${there.name}/b/a`
  const back = `${here.name}/back`
  const push = ['--dataset', from, '--remote-dataset', to]
  const pull = ['--pull', '--dataset', back, '--remote-dataset', to]
  await here.must('zfs create "$POOL/a"; zfs snapshot "$POOL/a@s1"')
  await ok([...push, '--create-parents'], `received ${to}@s1\n`)
  await here.must('zfs snapshot "$POOL/a@s2"; zfs snapshot "$POOL/a@s3"')
  await ok(push, `received ${to}@s3\n`)
  await ok(push, 'Nothing to do here.\n')
  await ok([...pull, '--history'], `received ${back}@s1\nreceived ${back}@s3\n`)
  await ok([...pull, '--keep-common', 'hold'], 'Nothing to do here.\n')
  t.equal(await here.guids(back), await here.guids(from))

  // what failed is told, not what was printed beside it
  const missing = await sync([
    ...[...way, '--pull', '--dataset', back],
    ...['--remote-dataset', `${there.name}/none`, login],
  ])
  t.equal(missing.code, 4)
  t.match(missing.stderr, `dataset '${there.name}/none' does not exist`)
  await there.must('zfs create -o quota=1M "$POOL/small"')
  await here.must(
    `"$RUN" sh -c 'head -c 5000000 /dev/urandom > "/$1/f"' sh "$POOL/a"; zfs snapshot "$POOL/a@s4"`,
  )
  const full = await sync([
    ...[...way, '--dataset', from],
    ...['--remote-dataset', `${there.name}/small/copy`, login],
  ])
  t.equal(full.code, 1)
  t.match(full.stderr, /exited 1: cannot receive .*(?:quota|space)/)
  for (const line of NOISE) {
    t.notMatch(full.stderr.split('\nhint:')[0]?.split(': ').at(-1), line)
  }
})
