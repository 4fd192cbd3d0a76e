import { NO_SERVER, serverBucket, testServers, type TestServer } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { look, openS3, pruneOnce, treeOf, upload } from './prune-scene.js'

const DATASETS = ['tank/a', 'tank/b', 'tank/c']

const onServer = async (t: Test, server: TestServer): Promise<void> => {
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const store = await openS3(bucket.bucket, server)
  t.teardown(() => {
    store.close()
  })
  const now = Date.now() / 1000
  for (const dataset of DATASETS) {
    await Promise.all(treeOf(dataset, 20, now).map((object) => upload(store, object)))
  }
  const names = async () =>
    (await bucket.keys()).map((key) => key.slice(key.indexOf('@') + 1).replace('.json', '')).sort()
  const never = new AbortController().signal

  await t.test('dead after every single deletion', async (t) => {
    const [dataset = ''] = DATASETS
    let runs = 0
    for (let left = 20; left > 3; runs += 1) {
      const death = new AbortController()
      let deletions = 0
      const dying = Object.create(store, {
        delete: {
          value: async (...args: Parameters<typeof store.delete>) => {
            // that of a process that lives on counts on
            if (args[0].includes('.z3/prune/')) return store.delete(args[0])
            deletions += 1
            if (deletions > 1) {
              death.abort(new Error('dead'))
              throw death.signal.reason
            }
            return store.delete(...args)
          },
        },
        title: { value: store.title },
        head: { value: store.head.bind(store) },
        put: { value: store.put.bind(store) },
        list: { value: store.list.bind(store) },
        now: { value: store.now.bind(store) },
        listsLate: { get: () => store.listsLate },
        exists: { value: store.exists.bind(store) },
      }) as typeof store
      await pruneOnce(dying, dataset, death.signal).catch((error: unknown) => {
        if (!death.signal.aborted) throw error
      })
      const { stored, unhealthy } = await look(store, dataset)
      t.strictSame(unhealthy, [])
      t.ok(stored.length < left, `${String(stored.length)} left`)
      left = stored.length
    }
    t.ok(runs >= 17, `${String(runs)} runs`)
    await pruneOnce(store, dataset, never)
  })

  await t.test('two at once', async (t) => {
    const [, dataset = ''] = DATASETS
    const both = await Promise.allSettled([1, 2].map(() => pruneOnce(store, dataset, never)))
    for (const one of both) {
      if (one.status === 'fulfilled') t.equal(one.value.problem, undefined)
      else t.match(one.reason, { code: 'locked' })
    }
    // each may have given way to the other
    await pruneOnce(store, dataset, never)
    const { stored, unhealthy } = await look(store, dataset)
    t.strictSame([stored.length, unhealthy], [3, []])
  })

  const last = await pruneOnce(store, DATASETS[2] ?? '', never)
  t.equal(last.delete.length, 17)
  const each = ['s10', 's18', 's19']
  t.strictSame(await names(), [...each, ...each, ...each, ...each, ...each, ...each].sort())
}

/** Its listings may lag, so a lease proves nothing. */
const onSwift = async (t: Test, server: TestServer): Promise<void> => {
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const store = await openS3(bucket.bucket, server)
  t.teardown(() => {
    store.close()
  })
  const objects = treeOf('tank/a', 3, Date.now() / 1000)
  for (const object of objects) await upload(store, object)
  const before = await bucket.keys()
  const never = new AbortController().signal
  await t.rejects(pruneOnce(store, 'tank/a', never), {
    code: 'not-implemented',
    message: 'does not list at once what was written',
    hint: '--unlocked',
  })
  t.strictSame(await bucket.keys(), before, 'nothing was deleted, and no lease is left')
}

const servers = testServers()
if (servers.length === 0) void t.test('prune', { skip: NO_SERVER }, () => undefined)
for (const server of servers) {
  void t.test(server.name, (t) =>
    server.kind === 'swift' ? onSwift(t, server) : onServer(t, server),
  )
}
