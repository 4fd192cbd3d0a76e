import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import {
  hostPool,
  NO_SERVER,
  NO_SSH,
  NO_ZFS,
  randomBelow,
  runShell,
  serverBucket,
  testPool,
  testSeed,
  testServers,
} from '@z3/fixtures'
import t from 'tap'
import { backUp, backUpTwice, restore, status } from './soak/backups.js'
import { startFaultProxy } from './soak/fault-proxy.js'
import { choosePlan, type Plan } from './soak/faulty-run.js'
import { get, putAndGet, putFile, putTwice } from './soak/objects.js'
import { pruneMeanwhile, sync, verify } from './soak/others.js'
import { Tally } from './soak/tally.js'
import type { Below, World } from './soak/world.js'

type Operation = (world: World, plan: Plan, below: Below, run: number) => Promise<void>

/** How often each is chosen. */
const OPERATIONS: readonly (readonly [weight: number, operation: Operation])[] = [
  [30, backUp],
  [20, restore],
  [15, putAndGet],
  [12, get],
  [8, putFile],
  [5, status],
  [5, (world, _, below, run) => putTwice(world, below, run)],
  [5, (world, _, below, run) => backUpTwice(world, below, run)],
  [8, verify],
  [4, pruneMeanwhile],
]

const choose = (below: Below, operations: typeof OPERATIONS): Operation => {
  let left = below(operations.reduce((sum, [weight]) => sum + weight, 0))
  for (const [weight, operation] of operations) {
    if (left < weight) return operation
    left -= weight
  }
  return backUp
}

/** scripts/soak sets these; the test by itself is a short one, bounded by runs too. */
const MINUTES = Number(process.env['Z3_SOAK_MINUTES'] ?? 0.5)
const REPORT = process.env['Z3_SOAK_REPORT']
const MOST_RUNS = REPORT === undefined ? 40 : Infinity
/** However slow the machine is. */
const LEAST_RUNS = 6

const report = (text: string) => {
  if (REPORT !== undefined) appendFileSync(REPORT, text)
}

const server = testServers().find(({ kind, name }) => kind === 'rgw' && name === 'rgw')
const missing = NO_ZFS || (server === undefined && NO_SERVER)

void t.test(
  'a soak: runs at random, faults at random, and the law',
  { skip: missing },
  async (t) => {
    if (server === undefined) throw new Error(NO_SERVER)
    const seed = testSeed()
    t.comment(`Z3_TEST_SEED=${String(seed)}`)
    // not testdir: tap removes that before it is unmounted
    const home = mkdtempSync(`${tmpdir()}/z3-soak-`)
    t.teardown(() => {
      rmSync(home, { recursive: true, force: true })
    })
    const small = `${home}/small`
    mkdirSync(small)
    const mounted = await runShell(`mount -t tmpfs -o size=16m tmpfs '${small}'`)
    t.equal(mounted.code, 0, mounted.stderr)
    t.teardown(() => runShell(`umount -l '${small}'`))
    mkdirSync(`${small}/store`)
    // a file system of its own that has no room at all
    await runShell(
      `mkdir '${small}/full' && mount -t tmpfs -o size=4k none '${small}/full' && head -c 4096 /dev/zero > '${small}/full/zeros'; mkdir '${small}/full/z3'`,
    )
    t.teardown(() => runShell(`umount -l '${small}/full'`))
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    const proxy = await startFaultProxy(server.endpoint)
    t.teardown(() => proxy.close())
    const pool = await testPool('soak')
    t.teardown(() => pool.close())
    await pool.must('for d in data more back; do zfs create "$POOL/$d"; done')

    // a second host, where there is one
    const there = NO_SSH === false ? await hostPool('target', 'soak') : undefined
    t.teardown(() => there?.close())
    const operations = there ? [...OPERATIONS, [8, sync(there)] as const] : OPERATIONS

    const tally = new Tally()
    const world: World = { pool, bucket, proxy, tally, home, small, whole: new Map() }
    const end = Date.now() + MINUTES * 60_000
    let run = 0
    const act = async (operation: Operation, plan: Plan, below: Below) => {
      const known = tally.breaches.length
      await operation(world, plan, below, run)
      for (const { kind, what } of tally.breaches.slice(known)) {
        t.fail(`${kind}: ${what}`, { seed, run, plan })
        report(`${kind}: ${what} (${JSON.stringify(plan)})\n`)
      }
    }
    for (; run < LEAST_RUNS || (Date.now() < end && run < MOST_RUNS); run += 1) {
      const below = randomBelow(seed * 100_003 + run)
      const operation = choose(below, operations)
      await act(operation, choosePlan(below), below)
    }
    // chance may have compared nothing; both choose the same dataset
    for (const operation of [backUp, restore]) {
      await act(operation, { kind: 'nothing' }, randomBelow(seed))
      run += 1
    }
    report(`\nseed ${String(seed)}, ${String(run)} runs\n\n${tally.render()}`)
    if (tally.breaches.length > 0) {
      report(`\nrepeat: scripts/soak --minutes ${String(MINUTES)} --seed ${String(seed)}\n`)
    }
    t.ok(tally.compared > 0, `${String(tally.compared)} bytes compared`)
  },
)
