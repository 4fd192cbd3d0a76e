import { hostPool, NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { ssh, sync } from './setup.js'

void t.test('two runs into one destination', { skip: NO_SSH }, async (t) => {
  const here = await hostPool('source', 'z3h')
  t.teardown(() => here.close())
  const there = await hostPool('target', 'z3i')
  t.teardown(() => there.close())
  const from = `${here.name}/data`
  const to = `${there.name}/copy`
  const args = [
    ...[...ssh(there.host), '--dataset', from, '--remote-dataset', to],
    `root@${there.host.address}`,
  ]
  const write = (snapshot: string) =>
    here.must(
      `"$RUN" sh -c 'head -c 6000000 /dev/urandom > "$1/$2"' sh "/$POOL/data" ${snapshot}
       zfs snapshot "$POOL/data@${snapshot}"`,
    )
  await here.must('zfs create "$POOL/data"')
  for (const snapshot of ['s1', 's2', 's3']) {
    await write(snapshot)
    // slow enough for the other to find it at work
    const both = await Promise.all([
      sync([...args, '--rate', '3M']),
      sync([...args, '--rate', '3M']),
    ])
    const name = `${to}@${snapshot}`
    let received = 0
    for (const { code, stdout, stderr } of both) {
      const said = String(stdout)
      t.equal(code === 0, said !== '', stderr)
      if (said === `received ${name}\n`) received += 1
      else if (code === 0) t.equal(said, 'Nothing to do here.\n')
      else {
        t.match(stderr, /^z3-ssh-sync: 'zfs receive .*' exited 1: cannot /m)
        t.match(stderr, 'or another run is using it: wait for that run to end')
      }
    }
    t.equal(received, 1, 'one of them has brought it')
    t.equal(await there.guids(to), await here.guids(from))
    t.equal(
      await there.must('zfs get -H -o value receive_resume_token "$COPY"', {
        COPY: to,
      }),
      '-\n',
      'and nothing is left of the other',
    )
  }
  const { code, stderr } = await sync(args)
  t.equal(code, 0, stderr)
})
