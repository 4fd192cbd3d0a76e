import fc from 'fast-check'
import t from 'tap'
import { formatMetrics, MARK, parseMetrics, type Sample } from '../../src/monitor/metrics.js'
import { mergeMetrics } from '../../src/monitor/merge-metrics.js'
import type { FinishedRun } from '../../src/monitor/finished-run.js'
import { RunFacts, type DatasetFacts } from '../../src/monitor/run-facts.js'

const run = (more: Partial<FinishedRun> = {}): FinishedRun => ({
  program: 'z3 backup',
  subject: 'tank/a',
  started: 1000,
  ended: 1010,
  duration: 9.5,
  status: 0,
  facts: new RunFacts(),
  ...more,
})

const factsOf = (dataset: string, known: DatasetFacts): RunFacts => {
  const facts = new RunFacts()
  facts.note(dataset, 'bucket/z3-backup/', known)
  return facts
}

/** `last_run_exit_status tank/a`, without the parts that all have. */
const brief = (samples: readonly Sample[]): Record<string, number> =>
  Object.fromEntries(
    samples.map(({ name, labels, value }) => [
      `${name.replace(/^z3_|_timestamp_seconds$/g, '')} ${labels['run'] ?? labels['dataset'] ?? ''}`,
      value,
    ]),
  )

void t.test('the text format', (t) => {
  const facts = factsOf('tank/a', { newestBackup: 900, chainLength: 3, pendingUploads: 0 })
  facts.count('storedBytes', 0)
  facts.count('storedBytes', 7)
  facts.count('readBytes', undefined)
  facts.count('readBytes', 1)
  t.equal(
    formatMetrics(mergeMetrics([], run({ subject: 'a "b"\\c\nd', facts }))),
    `${MARK}
# HELP z3_last_run_timestamp_seconds Start of the last run.
# TYPE z3_last_run_timestamp_seconds gauge
z3_last_run_timestamp_seconds{program="z3 backup",run="a \\"b\\"\\\\c\\nd"} 1000
# HELP z3_last_success_timestamp_seconds End of the last run with exit status 0.
# TYPE z3_last_success_timestamp_seconds gauge
z3_last_success_timestamp_seconds{program="z3 backup",run="a \\"b\\"\\\\c\\nd"} 1010
# HELP z3_last_run_duration_seconds Duration of the last run.
# TYPE z3_last_run_duration_seconds gauge
z3_last_run_duration_seconds{program="z3 backup",run="a \\"b\\"\\\\c\\nd"} 9.5
# HELP z3_last_run_exit_status Exit status of the last run.
# TYPE z3_last_run_exit_status gauge
z3_last_run_exit_status{program="z3 backup",run="a \\"b\\"\\\\c\\nd"} 0
# HELP z3_last_run_stored_bytes Bytes that the last run stored.
# TYPE z3_last_run_stored_bytes gauge
z3_last_run_stored_bytes{program="z3 backup",run="a \\"b\\"\\\\c\\nd"} 7
# HELP z3_newest_backup_timestamp_seconds Creation of the newest snapshot that can be restored.
# TYPE z3_newest_backup_timestamp_seconds gauge
z3_newest_backup_timestamp_seconds{program="z3 backup",dataset="tank/a",target="bucket/z3-backup/"} 900
# HELP z3_chain_length Objects that a restore of the newest backup reads.
# TYPE z3_chain_length gauge
z3_chain_length{program="z3 backup",dataset="tank/a",target="bucket/z3-backup/"} 3
# HELP z3_pending_uploads Multipart uploads that are still pending.
# TYPE z3_pending_uploads gauge
z3_pending_uploads{program="z3 backup",dataset="tank/a",target="bucket/z3-backup/"} 0
`,
    'a sum with an unknown part is left out, not 0',
  )
  t.end()
})

void t.test('what is written can be read back, with any labels and numbers', (t) => {
  const samples = fc.array(
    fc.record({
      name: fc.constantFrom('z3_chain_length' as const, 'z3_pending_uploads' as const),
      labels: fc.record({
        program: fc.string({ unit: 'binary' }),
        dataset: fc.string({ unit: fc.constantFrom('\\', '"', '\n', ',', '}', ' ', 'n', 'ü') }),
        target: fc.string(),
      }),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    }),
  )
  const sorted = (list: readonly Sample[]) => list.map((one) => JSON.stringify(one)).sort()
  fc.assert(
    fc.property(samples, (list) => {
      t.same(sorted(parseMetrics(formatMetrics(list)) ?? []), sorted(list))
    }),
    { seed: 1, numRuns: 300 },
  )
  t.end()
})

void t.test('anything else is refused as a whole', (t) => {
  const good = 'z3_chain_length{program="p",dataset="d",target="t"} 1'
  t.equal(parseMetrics(`${MARK}\n${good}\n`)?.length, 1)
  for (const text of [
    '',
    `${good}\n`,
    `${MARK}\n${good}`,
    `${MARK}\n${good.slice(0, 30)}\n`,
    `${MARK}\n${good.replace('1', 'NaN')}\n`,
    `${MARK}\n${good.replace('1', '1e999')}\n`,
    `${MARK}\n${good.replace('dataset', 'other')}\n`,
    `${MARK}\n${good.replace('z3_chain_length', 'z3_other')}\n`,
    `${MARK}\n${good.replace('"d"', '"\\d"')}\n`,
    `${MARK}\n${good.replace('"d"', '"d"x')}\n`,
    `${MARK}\nz3_chain_length 1\n`,
    `${MARK}\n\n`,
  ]) {
    t.equal(parseMetrics(text), undefined, text)
  }
  t.end()
})

void t.test('what a run replaces', (t) => {
  const facts = factsOf('tank/a', { newestBackup: 900, chainLength: 3 })
  facts.count('storedBytes', 5)
  const first = mergeMetrics([], run({ facts }))
  const failed = mergeMetrics(first, run({ started: 2000, ended: 2001, duration: 1, status: 1 }))
  t.same(
    brief(failed),
    {
      'last_success tank/a': 1010,
      'last_run tank/a': 2000,
      'last_run_duration_seconds tank/a': 1,
      'last_run_exit_status tank/a': 1,
      'newest_backup tank/a': 900,
      'chain_length tank/a': 3,
    },
    'a failure keeps the last success and the newest backup, but no number of the run before',
  )
  const other = mergeMetrics(failed, run({ subject: 'tank/b', started: 3000, ended: 3001 }))
  t.match(brief(other), { 'last_run tank/a': 2000, 'last_run tank/b': 3000 })
  t.match(brief(mergeMetrics(other, run({ program: 'z3 prune' }))), { 'last_run tank/b': 3000 })
  const gone = factsOf('tank/a', { newestBackup: null, chainLength: null })
  const empty = brief(mergeMetrics(failed, run({ status: 3, facts: gone })))
  t.notOk('newest_backup tank/a' in empty, 'a backup that is known to be gone is not kept')
  t.notOk('chain_length tank/a' in empty)
  t.end()
})
