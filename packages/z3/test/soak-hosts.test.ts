/** Hosts that back up to one prefix while another prunes it; asked for by scripts/soak --hosts. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import {
  hostPool,
  NO_SERVER,
  NO_SSH,
  serverBucket,
  testSeed,
  testServers,
  type HostPool,
} from '@z3/fixtures'
import t from 'tap'
import {
  backUpOnce,
  compareAll,
  makeDatasets,
  pruneOnce,
  repeat,
  seededBelow,
  type Hosts,
} from './soak/hosts.js'
import { Tally } from './soak/tally.js'

const wanted =
  process.env['Z3_SOAK_REPORT'] === undefined ? undefined : process.env['Z3_SOAK_MINUTES']
const server = testServers().find(({ name }) => name === 'rgw')
const missing = NO_SSH || (server === undefined && NO_SERVER)

void t.test('two hosts back up, and one prunes the same prefix', { skip: missing }, async (t) => {
  if (server === undefined) throw new Error(NO_SERVER)
  const seed = testSeed()
  t.comment(`Z3_TEST_SEED=${String(seed)}`)
  const home = mkdtempSync(`${tmpdir()}/z3-hosts-`)
  t.teardown(() => {
    rmSync(home, { recursive: true, force: true })
  })
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const pools = new Map<string, HostPool>()
  for (const [name, side] of [
    ['one', 'source'],
    ['two', 'target'],
  ] as const) {
    const pool = await hostPool(side, `hosts${name}`)
    t.teardown(() => pool.close())
    await makeDatasets(pool)
    pools.set(name, pool)
  }
  const tally = new Tally()
  const hosts: Hosts = {
    ...{ bucket, tally, home },
    ...{ stored: new Set(), deleted: new Set(), taken: new Map() },
  }
  const end = Date.now() + Number(wanted ?? 0) * 60_000
  let running = pools.size
  const backups = [...pools].map(async ([name, pool]) => {
    const below = seededBelow(seed, name)
    const isOver = (runs: number) => runs >= 2 && Date.now() >= end
    await repeat(isOver, (run) => backUpOnce(hosts, name, pool, run, below))
    running -= 1
  })
  const pruning = repeat(
    () => running === 0,
    () => pruneOnce(hosts, 'three'),
  )
  await Promise.all([...backups, pruning])
  const restored = await compareAll(hosts, pools)
  for (const { kind, what } of tally.breaches) t.fail(`${kind}: ${what}`, { seed })
  t.ok(tally.compared > 0, `${String(tally.compared)} bytes compared`)
  const text = `stored ${String(hosts.stored.size)}, deleted ${String(hosts.deleted.size)}, restored at the end ${String(restored)}`
  t.comment(text)
  const report = process.env['Z3_SOAK_REPORT']
  if (report === undefined) return
  const breaches = tally.breaches.map(({ kind, what }) => `${kind}: ${what}\n`).join('')
  appendFileSync(report, `${breaches}\nseed ${String(seed)}\n\n${tally.render()}\n${text}\n`)
})
