import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import {
  ioErrors,
  NO_SERVER,
  NO_SSH,
  NO_ZFS,
  randomBelow,
  testSeed,
  testServers,
  type IoError,
} from '@z3/fixtures'
import t from 'tap'
import type { Case } from './fault-table/case.js'
import { CASES } from './fault-table/cases.js'
import { BREACHES, tryCase, type Breach } from './fault-table/judge.js'
import { openBench, openLane, type Lane } from './fault-table/lane.js'
import { makeTargets, restoreSubject, sumsOf, syncSubject } from './fault-table/pools.js'
import { backupSubject, directorySubject, makeSeeds, verifySubject } from './fault-table/stores.js'
import type { Subject } from './fault-table/subject.js'

/** Cases at once, and how many are tried where not all are wanted. */
const LANES = 2
const SAMPLE = 10

/** All of them: Z3_TEST_ALL_FAULTS. Those whose name matches: Z3_TEST_FAULTS, a regular expression. */
const ALL = process.env['Z3_TEST_ALL_FAULTS'] !== undefined
const WANTED = process.env['Z3_TEST_FAULTS']
/** A file for the table. */
const REPORT = process.env['Z3_TEST_FAULTS_REPORT']

/** The cases of this run. */
const sample = (seed: number): readonly Case[] => {
  if (WANTED !== undefined) return CASES.filter(({ name }) => new RegExp(WANTED).test(name))
  if (ALL) return CASES
  const below = randomBelow(seed)
  const shuffled = CASES.map((one) => ({ one, at: below(2 ** 31) })).sort((a, b) => a.at - b.at)
  return shuffled.slice(0, SAMPLE).map(({ one }) => one)
}

/** What a lane needs for all its cases. */
const prepare = async (lane: Lane): Promise<(one: Case) => Subject> => {
  const text = await lane.here.must(
    'zfs list -Hp -t snapshot -d 1 -o name,guid "$D" | sed "s/.*@//"',
    { D: `${lane.root}/data` },
  )
  const guids = new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', guid = ''] = line.split('\t')
        return [name, guid] as const
      }),
  )
  const seeds = await makeSeeds(lane)
  await makeTargets(lane)
  const known = { guids, sums: await sumsOf(lane) }
  const etags = await lane.bucket.etags()
  return ({ scene, fault }) => {
    const place = fault.kind === 'full' ? fault.place : undefined
    if (scene === 'backup: to a directory') return directorySubject(lane, guids, place === 'store')
    if (scene.startsWith('backup')) return backupSubject(lane, scene, seeds, guids, etags)
    if (scene.startsWith('restore')) {
      return restoreSubject(lane, scene, seeds, known, etags, place === 'pool')
    }
    if (scene === 'verify') return verifySubject(lane, seeds, etags)
    return syncSubject(lane, scene, known, place === 'pool')
  }
}

const server = testServers().find(({ kind, name }) => kind === 'rgw' && name === 'rgw')
const missing = NO_ZFS || NO_SSH || (server === undefined && NO_SERVER)

void t.test('faults of backups, restores and syncs', { skip: missing }, async (t) => {
  if (server === undefined) throw new Error(NO_SERVER)
  const seed = testSeed()
  t.comment(`Z3_TEST_SEED=${String(seed)}`)
  // not testdir: tap removes that before it is unmounted
  const directory = mkdtempSync(`${tmpdir()}/z3-faults-`)
  const closers: (() => unknown)[] = []
  t.teardown(async () => {
    for (const close of closers.reverse()) await close()
    rmSync(directory, { recursive: true, force: true })
  })
  const teardown = (close: () => unknown) => closers.push(close)
  const errors = await ioErrors(directory)
  const bench = await openBench(server, directory, teardown)

  const chosen = sample(seed)
  const waiting = [...chosen]
  const counts = new Map<Breach, number>(BREACHES.map((breach) => [breach, 0]))
  const exits = new Map<string, number>()
  const work = async (lane: Lane) => {
    const subjectOf = await prepare(lane)
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const began = performance.now()
      const { outcome, findings } = await tryCase(lane, one, subjectOf(one), (error: IoError) =>
        errors(error),
      )
      const end = String(outcome.signal ?? outcome.code)
      exits.set(end, (exits.get(end) ?? 0) + 1)
      report(
        `${findings.length === 0 ? 'ok' : 'not ok'} ${String(Math.round(performance.now() - began))} ms: ${one.name}: ${end}\n`,
      )
      for (const { breach, what } of findings) {
        counts.set(breach, (counts.get(breach) ?? 0) + 1)
        report(`    ${breach}: ${what}\n`)
        // on a busy machine a program may end just before its signal; one of few cases may miss
        if (breach === 'not met' && one.fault.kind === 'signal' && !ALL) continue
        t.fail(`${one.name}: ${breach}: ${what}`)
      }
    }
  }
  const lanes = Array.from({ length: LANES }, (_, index) =>
    openLane(`lane${String(index)}`, bench, teardown),
  )
  await Promise.all(lanes.map(async (lane) => work(await lane)))
  const table = [
    ['cases', chosen.length],
    ...counts,
    ...[...exits].map(([e, n]) => [`exit ${e}`, n]),
  ]
  const text = table.map(([name, count]) => `${String(name)} ${String(count)}`).join(', ')
  t.comment(text)
  report(`${text}\n`)
  t.ok(chosen.length > 0)
})

function report(text: string): void {
  if (REPORT !== undefined) appendFileSync(REPORT, text)
}
