import { Z3Error, type LocalSnapshot } from '@z3/core'
import { zfsError, type Host } from '@z3/zfs'
import t from 'tap'
import { sendStream } from '../src/send-stream.js'

void t.test('an abort is the reason, whatever else is gone', async (t) => {
  const controller = new AbortController()
  const reason = new Error('ended by SIGINT')
  const asked: string[] = []
  const host = (title: string): Host => ({
    title,
    target: undefined,
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
  const target: LocalSnapshot = {
    dataset: 'a',
    snapshot: 's1',
    guid: '1',
    created: 1,
    createtxg: '1',
    referenced: 1,
  }
  const send = (aborted: boolean) =>
    sendStream({
      name: 'b@s1',
      send: [{ file: 'zfs', args: ['send', 'a@s1'] }],
      expected: undefined,
      flags: [],
      target,
      destination: {
        host: there,
        dataset: 'b',
        snapshots: [target],
        bookmarks: [],
        modified: false,
        hasChildren: false,
        token: undefined,
        flags: undefined,
      },
      force: false,
      options: {
        prefix: '',
        snapshot: undefined,
        step: false,
        onlyMatching: false,
        history: false,
        rollback: false,
        replace: false,
        createParents: false,
        keep: 'none',
        mount: false,
        receive: [],
        line: { compress: 'none', buffer: 0, rate: undefined },
      },
      world: {
        here: host('here'),
        source: host('source'),
        destination: there,
        signal: controller.signal,
        transfers: {
          run: () => {
            if (aborted) controller.abort(reason)
            return Promise.reject(new Z3Error('stage-failed', 'it was ended'))
          },
        },
        print: () => undefined,
        say: () => undefined,
        warn: () => undefined,
      },
      properties: [],
    })
  await t.rejects(send(false), { code: 'ssh-failed' })
  t.strictSame(asked, ['source'], 'a failure is asked about')
  await t.rejects(send(true), reason)
  t.strictSame(asked, ['source'], 'an abort is not')
})
