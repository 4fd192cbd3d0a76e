import { Z3Error, type LocalSnapshot } from '@z3/core'
import { zfsError, type Host } from '@z3/zfs'
import t from 'tap'
import { PoolEndpoint, run } from '../src/index.js'

void t.test('an abort is the reason, whatever else is gone', async (t) => {
  const controller = new AbortController()
  const reason = new Error('ended by SIGINT')
  const asked: string[] = []
  const host = (title: string): Host => ({
    title,
    ssh: undefined,
    user: 'root',
    run: () => Promise.reject(new Error('not expected')),
    stages: (commands) => commands,
    shown: (commands) => commands,
    zpool: () => Promise.resolve(''),
    restricted: false,
    hasProgram: () => Promise.resolve(false),
    lost: () => {
      asked.push(title)
      return Promise.resolve(new Z3Error('ssh-failed', `${title} is lost`))
    },
    close: () => Promise.resolve(),
  })
  const there: Host = {
    ...host('there'),
    // it knows -s
    run: (args) =>
      Promise.reject(
        zfsError({
          args,
          stderr: 'missing snapshot argument',
          code: 2,
          signal: null,
          user: 'root',
        }),
      ),
  }
  const snapshot: LocalSnapshot = {
    dataset: 'a',
    snapshot: 's1',
    guid: '1',
    created: 1,
    createtxg: '1',
    referenced: 1,
  }
  const send = (aborted: boolean) =>
    run([{ name: 'b@s1', snapshot }], {
      source: new PoolEndpoint(host('source')).source({ flags: [], estimates: false }),
      target: new PoolEndpoint(there).target({ dataset: 'b', unmounted: true, options: [] }),
      signal: controller.signal,
      transfers: {
        run: () => {
          if (aborted) controller.abort(reason)
          return Promise.reject(new Z3Error('stage-failed', 'it was ended'))
        },
      },
    })
  await t.rejects(send(false), { code: 'ssh-failed' })
  t.strictSame(asked, ['source'], 'a failure is asked about')
  await t.rejects(send(true), reason)
  t.strictSame(asked, ['source'], 'an abort is not')
})
