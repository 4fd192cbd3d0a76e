import { readFileSync } from 'node:fs'
import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { bookmarks, holds, makeBackup, makeScene, names, write } from './setup.js'

interface Report {
  readonly status: string
  readonly failed: number
  readonly snapshots: readonly string[]
  readonly zfsCommands: number
  readonly targets: readonly {
    readonly target: string
    readonly error?: { readonly code: string }
    readonly datasets: readonly {
      readonly source: string
      readonly target: string
      readonly received: readonly string[]
      readonly destroyed: readonly string[]
      readonly error?: { readonly code: string }
    }[]
  }[]
}

void t.test('beyond zfs-autobackup', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'tar', 'target', 'target')
  const { from, to } = scene

  await t.test('several targets, one of them away or behind', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'two')
    const second = `${to.name}/second`
    await to.must('zfs create "$D"', { D: second })
    const both = ['two', path, '--target', second]
    const thin = ['--keep-source', '0', '--keep-target', '0']
    const Z3_METRICS_FILE = `${t.testdir({})}/z3.prom`
    const reported = await scene.run(both, 'from', { Z3_METRICS_FILE })
    t.equal(reported.code, 0, reported.stderr)
    const [first = ''] = await names(from, dataset)
    t.equal(await to.guids(`${second}/${dataset}`), await from.guids(dataset))
    const metrics = readFileSync(Z3_METRICS_FILE, 'utf8')
    const created = await from.must('zfs get -Hpo value creation "$D"', {
      D: `${dataset}@${first}`,
    })
    for (const target of [path, second]) {
      const labels = `program="z3-autobackup",dataset="${dataset}",target="${target}"`
      t.match(metrics, `z3_newest_backup_timestamp_seconds{${labels}} ${created.trim()}\n`)
    }

    // the second is away: it is what is counted, and the source keeps all
    for (const file of ['a', 'b']) {
      await write(from, dataset, file)
      const { code, stderr, stdout } = await scene.run([
        ...['two', path, '--target', `away:${second}`, '--json', ...thin],
      ])
      t.equal(code, 1, stderr)
      t.match(stderr, /away: .*refuse/)
      const report = JSON.parse(String(stdout)) as Report
      t.equal(report.status, 'error')
      t.strictSame(
        report.targets.map(({ error }) => error?.code),
        [undefined, 'ssh-failed'],
      )
    }
    t.equal((await names(from, dataset)).length, 3)
    t.equal((await names(to, copy)).length, 1, 'the first is thinned')

    // the second lags behind: what it needs stays until it has it
    await write(from, dataset, 'c')
    await scene.ok(t, ['two', path, '--target', second, ...thin, '--no-send'])
    t.ok((await names(from, dataset)).includes(first))
    await scene.ok(t, [...both, ...thin])
    const left = await names(from, dataset)
    t.equal(left.length, 1)
    t.strictSame(await names(to, copy), left)
    t.strictSame(await names(to, `${second}/${dataset}`), left)
    t.strictSame(await holds(from, dataset), [`${String(left[0])} zfs_autobackup:two`])
  })

  await t.test('one of several targets does not exist', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'half')
    const { code, stderr } = await scene.run([
      ...['half', path, '--target', `${to.name}/not there`],
    ])
    t.equal(code, 1)
    t.match(stderr, /target '.*not there' does not exist/)
    t.equal(await to.guids(copy), await from.guids(dataset))
  })

  await t.test('bookmarks in place of holds', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'mark')
    const args = ['mark', path, '-v', '--keep-common', 'bookmark']
    await scene.ok(t, args)
    const guid = (await to.must('zfs get -Hp -o value guid "$D"', { D: copy })).trim()
    const [first = ''] = await names(from, dataset)
    t.strictSame(await bookmarks(from, dataset), [`${first}_${guid}`])
    t.strictSame(await holds(from, dataset), [])
    t.strictSame(await holds(to, copy), [`${first} zfs_autobackup:mark`])
    await from.must('zfs destroy "$D@$S"', { D: dataset, S: first })
    await write(from, dataset, 'two')
    const out = await scene.ok(t, args)
    t.match(out, 'receiving incremental')
    const [second = ''] = await names(from, dataset)
    t.strictSame(await names(to, copy), [first, second])
    t.strictSame(await bookmarks(from, dataset), [`${second}_${guid}`])
    t.strictSame(await holds(to, copy), [`${second} zfs_autobackup:mark`])
    // from bookmarks to holds, and back
    await write(from, dataset, 'three')
    await scene.ok(t, ['mark', path])
    t.strictSame(await bookmarks(from, dataset), [])
    t.equal((await holds(from, dataset)).length, 1)
    await write(from, dataset, 'four')
    await scene.ok(t, args)
    t.strictSame(await holds(from, dataset), [])
    t.equal((await bookmarks(from, dataset)).length, 1)
  })

  await t.test('--json', async (t) => {
    const { dataset, path, copy } = await makeBackup(scene, 'json', ['/bad'])
    await scene.ok(t, ['json', path])
    await write(to, `${copy}/bad`, 'x')
    await write(from, dataset, 'x')
    await write(from, `${dataset}/bad`, 'x')
    const { code, stdout } = await scene.run([
      ...['json', path, '--json', '-v', '--keep-target', '0'],
      ...['--keep-source', '0'],
    ])
    t.equal(code, 1)
    const report = JSON.parse(String(stdout)) as Report
    const [old = '', taken = ''] = await names(from, `${dataset}/bad`)
    t.match(report, {
      status: 'error',
      name: 'json',
      failed: 1,
      snapshots: [`${dataset}@${taken}`, `${dataset}/bad@${taken}`],
      targets: [
        {
          target: path,
          datasets: [
            {
              source: dataset,
              target: copy,
              received: [`${copy}@${taken}`],
              destroyed: [`${dataset}@${old}`, `${copy}@${old}`],
            },
            {
              source: `${dataset}/bad`,
              received: [],
              error: { code: 'destination-modified' },
            },
          ],
        },
      ],
    })
  })

  await t.test('the cost of a run that finds nothing to do', async (t) => {
    const cost = async (backup: string, count: number): Promise<number> => {
      const dataset = `${from.name}/${backup}`
      await from.must(
        `zfs create -o "autobackup:${backup}=true" "$D"
         for i in $(seq ${String(count - 1)}); do zfs create "$D/$i"; done`,
        { D: dataset },
      )
      await to.must('zfs create "$D"', { D: `${to.name}/${backup}` })
      const args = [backup, `${to.name}/${backup}`, '--json']
      await scene.ok(t, args)
      const report = JSON.parse(await scene.ok(t, args)) as Report
      t.equal(report.targets[0]?.datasets.length, count)
      t.strictSame(report.snapshots, [])
      return report.zfsCommands
    }
    const few = await cost('few', 3)
    t.ok(few > 0)
    t.equal(await cost('more', 30), few)
  })
})
