import { hostPool, noisyKey, NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { makeBackup, makeScene, write } from './setup.js'

void t.test(
  'a remote shell that prints lines of its own',
  { skip: NO_SSH },
  async (t) => {
    const scene = await makeScene(t, 'noi', ['source', 5], ['target', 5])
    const { from, to } = scene
    const { dataset, path, copy } = await makeBackup(scene, 'noisy')
    for (const [pool, args, where] of [
      [to, ['--ssh-target', `root@${to.host.address}`], 'from'],
      [from, ['--ssh-source', `root@${from.host.address}`], 'to'],
    ] as const) {
      const noisy = await noisyKey(pool)
      t.teardown(() => noisy.remove())
      const dir = t.testdir({
        [`config-${where}`]: `IdentityFile ${noisy.key}
IdentitiesOnly yes
UserKnownHostsFile ${pool.host.knownHosts}
`,
      })
      const run = async () => {
        await write(from, dataset, `${where}${String(Math.random())}`)
        await scene.ok(
          t,
          [
            ...['--ssh-config', `${dir}/config-${where}`],
            ...args,
            'noisy',
            path,
          ],
          where,
        )
        t.equal(await to.guids(copy), await from.guids(dataset))
      }
      await run()
      await run()
    }
  },
)
