/**
 * z3 prune against a real server, killed after every single deletion; then all that is kept is
 * restored. A few deletions; more than a hundred, which take minutes, with Z3_TEST_ALL_FAULTS=1;
 * Z3_TEST_KILL_DATASETS=20 is for twenty datasets, half an hour.
 */
import { createServer, request, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import {
  NO_SERVER,
  NO_ZFS,
  serverBucket,
  startShell,
  runBinary,
  testPool,
  testServers,
} from '@z3/fixtures'
import t from 'tap'
import { look, openS3 } from './prune-scene.js'

const all = process.env['Z3_TEST_ALL_FAULTS'] !== undefined
const count = Number(process.env['Z3_TEST_KILL_DATASETS'] ?? (all ? 3 : 1))
const DATASETS = Array.from({ length: count }, (_, i) => `d${String(i)}`)
const SNAPSHOTS = all ? 30 : 6

const server = testServers().find(({ name }) => name === 'rgw')
/**
 * Forwards requests; after the response to the first deletion of an object or manifest, and before
 * it is passed on, `onDeleted` is called, and every later request is left without a response.
 */
const startProxy = async (endpoint: string) => {
  const { hostname, port } = new URL(endpoint)
  let onDeleted: (() => void) | undefined
  const proxy = createServer((from, to: ServerResponse) => {
    const { method, url = '', headers } = from
    const isLease = url.includes('prune/')
    const on = request({ hostname, port, method, path: url, headers }, (response) => {
      if (method === 'DELETE' && !isLease && onDeleted) {
        response.resume()
        onDeleted()
        return
      }
      to.writeHead(response.statusCode ?? 500, response.rawHeaders)
      response.pipe(to)
    })
    on.on('error', () => to.destroy())
    from.pipe(on)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    endpoint: `http://127.0.0.1:${String(address.port)}`,
    afterDeletion: (action: (() => void) | undefined) => {
      onDeleted = action
    },
    close: () => {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

const skip = NO_ZFS || (server ? false : NO_SERVER)

void t.test('killed after every single deletion', { skip }, async (t) => {
  if (!server) throw new Error(NO_SERVER)
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const proxy = await startProxy(server.endpoint)
  t.teardown(proxy.close)
  const store = await openS3(bucket.bucket, server)
  t.teardown(() => {
    store.close()
  })
  const pool = await testPool('kills')
  t.teardown(() => pool.close())
  const env = {
    ...bucket.env,
    ...{ PATH: process.env['PATH'] ?? '', HOME: t.testdir({}), SNAPSHOT_PREFIX: '' },
    ...{ COMPRESSOR: 'none', VERIFY_STREAM: 'no', Z3_RETENTION: '4,5s10s,20s1min' },
  }
  const sums = new Map<string, string>()
  const datasets = DATASETS.map((name) => `${pool.name}/${name}`)
  for (const dataset of datasets) await pool.must('zfs create "$D"', { D: dataset })
  for (let i = 0; i < SNAPSHOTS; i += 1) {
    for (const dataset of datasets) {
      const text = await pool.must(
        `"$RUN" sh -c 'head -c 20000 /dev/urandom > "/$1/f$2"; rm -f "/$1/f$3"; cd "/$1" && sha256sum f*' sh "$D" "$N" "$OLD"
         zfs snapshot "$D@s$N"`,
        { D: dataset, N: String(i), OLD: String(i - 5) },
      )
      sums.set(`${dataset}@s${String(i)}`, text)
    }
  }
  const stored = await runBinary('z3', ['backup', ...datasets], { env })
  t.equal(stored.code, 0, stored.stderr)
  let kills = 0
  for (const dataset of datasets) {
    for (let isDone = false; !isDone;) {
      // the lock of a dead run on this machine expires after ten seconds: each has locks of its own
      const running = startShell(
        `mkdir -p /run/z3
         exec unshare --mount bash -c 'mount -t tmpfs -o mode=700 none /run/z3 && exec "$@"' - z3 prune --force --quiet "$D"`,
        { env: { ...env, D: dataset, S3_ENDPOINT: proxy.endpoint } },
      )
      proxy.afterDeletion(() => {
        running.child.kill('SIGKILL')
      })
      const { code, signal, stderr } = await running.ended
      if (signal === 'SIGKILL') kills += 1
      else {
        t.equal(code, 0, stderr)
        isDone = true
      }
      t.strictSame((await look(store, dataset)).unhealthy, [], dataset)
    }
  }
  const verify = await runBinary('z3', ['verify', '--level', 'data', '--all'], { env })
  t.equal(verify.code, 0, `${verify.stderr}${String(verify.stdout)}`)
  let restored = 0
  for (const dataset of datasets) {
    for (const { snapshot } of (await look(store, dataset)).stored) {
      const name = `${dataset}@${snapshot}`
      const into = `${pool.name}/back`
      const back = await runBinary('z3', ['restore', name, '--into', into], { env })
      t.equal(back.code, 0, back.stderr)
      const text = await pool.must(
        `zfs mount "$D" 2> /dev/null || :
         "$RUN" sh -c 'cd "/$1" && sha256sum f*' sh "$D"; zfs destroy -r "$D"`,
        { D: into },
      )
      t.equal(text, sums.get(name), name)
      restored += 1
    }
  }
  t.comment(`${String(kills)} runs killed, each after a deletion; ${String(restored)} restored`)
  t.ok(kills > DATASETS.length * (all ? 10 : 1), `${String(kills)} kills`)
})
