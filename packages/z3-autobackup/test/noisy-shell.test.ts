import { inOtherSeconds, noisyKey, NO_SSH, runBinary } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, write } from './setup.js'

void t.test('a remote shell that prints lines of its own', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'noi', 'source', 'target')
  const { from, to } = scene
  const { dataset, path, copy } = await makeBackup(scene, 'noisy')
  for (const [here, there, option] of [
    [from, to, '--ssh-target'],
    [to, from, '--ssh-source'],
  ] as const) {
    const noisy = await noisyKey(there)
    t.teardown(() => noisy.remove())
    const dir = t.testdir({
      config: `IdentityFile ${noisy.key}
IdentitiesOnly yes
UserKnownHostsFile ${there.host.knownHosts}
`,
    })
    for (const run of ['first', 'second']) {
      await write(from, dataset, `${option} ${run}`)
      const { code, stderr } = await inOtherSeconds(() =>
        runBinary(
          'z3-autobackup',
          [
            ...['--ssh-config', `${dir}/config`],
            ...[option, `root@${there.host.address}`, 'noisy', path],
          ],
          {
            env: { PATH: `${here.host.bin}:${process.env['PATH'] ?? ''}` },
          },
        ),
      )
      t.equal(code, 0, stderr)
      t.equal(await to.guids(copy), await from.guids(dataset))
    }
  }
})
