import { loadConfig } from '@z3/config'
import { MIB, Z3Error, type ErrorCode } from '@z3/core'
import { testIo } from '@z3/fixtures'
import t from 'tap'
import { runMany, shareOf, summaryLine, worstStatus } from '../src/many/run-many.js'

const datasets = ['a', 'b', 'c'].map((dataset) => ({ dataset }))

const failed = (code: ErrorCode) => ({
  dataset: 'tank/a',
  snapshots: [],
  error: new Z3Error(code, 'failed'),
})

void t.test('one that fails does not stop the others', async (t) => {
  const io = testIo({})
  const stored = { name: 'n@a', key: 'k', size: 1, stored: 1 }
  const results = await runMany(datasets, { io, parallel: 2, debug: false }, (one, onStored) => {
    onStored(stored)
    return one.dataset === 'a'
      ? Promise.reject(new Z3Error('locked', 'another run', { hint: 'Wait.' }))
      : Promise.resolve()
  })
  t.match(results, [
    { dataset: 'a', snapshots: [stored], error: { code: 'locked' } },
    { dataset: 'b', snapshots: [stored], error: undefined },
    { dataset: 'c', snapshots: [stored], error: undefined },
  ])
  t.equal(io.err(), 'z3: a: another run\nhint: Wait.\n')
  t.equal(summaryLine(results, 'backed up'), '2 of 3 datasets backed up; failed: a')
  t.equal(worstStatus(results), 5)
})

void t.test('a defect is no result: it ends the run when the others are done', async (t) => {
  const done: string[] = []
  const run = runMany(datasets, { io: testIo({}), parallel: 1, debug: false }, ({ dataset }) => {
    done.push(dataset)
    return dataset === 'a' ? Promise.reject(new Error('defect')) : Promise.resolve()
  })
  await t.rejects(run, { message: 'defect' })
  t.strictSame(done, ['a', 'b', 'c'])
})

void t.test('a signal ends the run, and nothing more begins', async (t) => {
  const controller = new AbortController()
  const io = { ...testIo({}), signal: controller.signal }
  const done: string[] = []
  const run = runMany(datasets, { io, parallel: 1, debug: false }, ({ dataset }) => {
    done.push(dataset)
    controller.abort(new Error('ended'))
    return Promise.reject(new Z3Error('stage-failed', 'by the signal'))
  })
  await t.rejects(run, { message: 'ended' })
  t.strictSame(done, ['a'])
})

void t.test('the worst status', (t) => {
  for (const [codes, status] of [
    [[], 0],
    [['locked', 'no-such-snapshot'], 4],
    [['locked', 'stage-failed'], 1],
    [['stage-failed', 'completion-unknown'], 6],
    [['completion-unknown', 'broken-chain', 'locked'], 3],
    [['config', 'no-such-dataset'], 2],
  ] as const) {
    t.equal(worstStatus(codes.map(failed)), status, codes.join(' '))
  }
  t.end()
})

void t.test('several uploads share one budget', async (t) => {
  const config = await loadConfig({ flags: {}, env: { MAX_MEMORY: '100M' }, searchPlaces: [] })
  t.equal(shareOf(config, 1), config)
  const { settings, sources } = shareOf(config, 3)
  t.match(settings, { MAX_MEMORY: 33 * MIB, CONCURRENCY: 2 })
  t.match(sources, { MAX_MEMORY: { kind: 'flag' }, CONCURRENCY: { kind: 'flag' } })
  t.equal(shareOf(config, 6).settings.CONCURRENCY, 1)
  t.throws(() => shareOf(config, 7), { code: 'usage', hint: /at least 112M/ })
})
