/** Restores from an archive, on real ZFS and the fake server: no real one has archives. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MIB } from '@z3/core'
import { NO_ZFS, testIo } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'
import { restoreAll } from '../src/restore/restore-all.js'
import type { Thaw } from '../src/thaw/thaw-options.js'
import { makeScene } from './scene.js'

interface Failure {
  readonly code: string
  readonly archived: readonly { readonly key: string; readonly state: string }[]
}

void t.test('restores from an archive', { skip: NO_ZFS }, async (t) => {
  const scene = await makeScene(t)
  const { pool, dataset, fake, key, take, environment } = scene
  const other = `${pool.name}/other`
  await pool.must('zfs create "$D" && zfs snapshot "$D@a"', { D: other })
  const back = `${pool.name}/back`
  const destroy = () => pool.shell('zfs destroy -r "$B"', { B: back })
  const requests = (op: string) => fake.requests.filter((one) => one.op === op)
  const z3 = (...args: readonly string[]) =>
    scene.main(args, { Z3_MANIFEST: 'yes', MAX_OBJECT: '5M' })
  const restore = (...args: readonly string[]) =>
    z3('restore', `${dataset}@b`, '--into', back, ...args)

  await t.test('a backup reads no archived parent', async (t) => {
    for (const [snapshot, bytes] of [
      ['a', 6 * MIB],
      ['b', 1000],
    ] as const) {
      await take(snapshot, bytes)
      fake.requests.length = 0
      const { code, stderr } = await z3('backup', dataset)
      t.equal(code, 0, stderr)
      // a lifecycle rule moves small objects, too, and manifests
      fake.transition('DEEP_ARCHIVE')
    }
    const read = requests('GetObject').filter((request) => !request.key.includes('/.z3/'))
    t.strictSame(read, [])
    t.equal((await z3('backup', other)).code, 0)
    fake.transition('DEEP_ARCHIVE')
    t.ok(fake.objects.has(`${key('a')}.z3+001`))
  })
  const kept = scene.keep()
  /** Nothing is thawed. */
  const again = async () => {
    await destroy()
    scene.reset(kept.map(([name, object]) => [name, { ...object }]))
    fake.archives.accepted.length = 0
  }
  const all = [
    ...['a', 'a.z3+001', 'b'].map((name) => key(name)),
    ...['a', 'b'].map((name) => `z3-backup/.z3/${dataset}@${name}.json`),
  ].sort()
  const accepted = (tier: string) =>
    fake.archives.accepted.map((line) => line.replace(`${tier} `, '')).sort()

  await t.test('without --thaw, the archived objects are named', async (t) => {
    await again()
    const { code, stdout, stderr } = await restore('--json')
    t.equal(code, 1)
    const report = JSON.parse(stdout) as Failure
    t.equal(report.code, 'object-archived')
    t.strictSame(report.archived.map((one) => one.key).sort(), all)
    t.match(stderr, new RegExp(`archived: '${key('a')}' \\(5M, DEEP_ARCHIVE\\)`))
    t.match(
      stderr,
      /hint: .* --thaw standard \(at most 12 h\) or --thaw bulk \(at most 48 h\); add --wait/,
    )
    t.equal(requests('RestoreObject').length, 0)
    t.equal((await pool.shell('zfs list "$B"', { B: back })).code, 1, 'nothing was received')
  })

  await t.test('a dry run shows what would be thawed', async (t) => {
    await again()
    const { code, stdout, stderr } = await restore('--thaw', 'bulk', '--dry-run')
    t.equal(code, 0, stderr)
    t.match(stderr, /would request 5 objects \(\S+\) with --thaw bulk/)
    t.equal(stdout.match(/zfs receive/g)?.length, 2)
    t.equal(requests('RestoreObject').length, 0)
  })

  await t.test('--thaw requests everything at once, and a later run restores', async (t) => {
    await again()
    const first = await restore('--thaw', 'bulk', '--thaw-days', '2', '--json')
    t.equal(first.code, 1)
    t.equal((JSON.parse(first.stdout) as Failure).code, 'thawing')
    t.match(first.stderr, /requested 5 objects .* \(bulk\)/)
    t.match(first.stderr, /hint: Run the same z3 restore command again in 48 h/)
    t.strictSame(accepted('Bulk'), all)
    const status = await z3('status', dataset)
    t.match(status.stdout, /^b .*\| thawing/m)

    fake.archives.pass(1)
    const early = await restore('--thaw', 'bulk')
    t.equal(early.code, 1)
    t.match(early.stderr, `thawing: '${key('b')}'`)
    t.equal(fake.archives.accepted.length, 5, 'nothing is requested twice')

    fake.archives.pass(48)
    fake.requests.length = 0
    const { code, stderr } = await restore('--thaw', 'bulk')
    t.equal(code, 0, stderr)
    t.equal(requests('RestoreObject').length, 0)
    t.equal(await pool.sum(back), await pool.sum(dataset))
  })

  const thaw: Thaw = { tier: 'standard', days: 7, waits: true }
  const io = () => testIo(environment({ Z3_MANIFEST: 'yes', MAX_RETRIES: '3' }))

  await t.test('Ctrl-C ends the wait', async (t) => {
    await again()
    const run = io()
    const state = { isOver: false }
    const ended = main(['restore', `${dataset}@b`, '--into', back, '--thaw=bulk', '--wait'], run)
    void ended.finally(() => (state.isOver = true))
    while (!state.isOver && !run.err().includes('waiting until')) await sleep(20)
    t.notOk(state.isOver, run.err())
    run.abort(new Error('Ctrl-C'))
    t.not(await ended, 0)
    t.strictSame(accepted('Bulk'), all)
  })

  await t.test('--all: everything is requested before the first wait', async (t) => {
    await again()
    const args = { operands: [], into: back, parallel: '1' }
    let first: readonly string[] | undefined
    const run = io()
    const status = await restoreAll(args, [], run, thaw, () => {
      first ??= accepted('Standard')
      fake.archives.pass(3)
      return Promise.resolve()
    })
    t.equal(status, 0, run.err())
    t.strictSame(first, [...all, `z3-backup/${other}@a`, `z3-backup/.z3/${other}@a.json`].sort())
    t.match(run.err(), '2 datasets restored')
    t.equal(await pool.sum(`${back}/${dataset}`), await pool.sum(dataset))
  })
})
