// scripts/bench-autobackup
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inNamespace, startHosts } from './hosts.mjs'
import { measureAlone } from './orchestrator.mjs'
import { machine } from './report.mjs'
import { runBench } from './run-bench.mjs'
import { say } from './say.mjs'

const usage = `usage: bench-autobackup [options]

Measure z3-autobackup with many datasets and snapshots, from one real OpenZFS
host to another over ssh: zfs commands and seconds, in total and per dataset.
Needs root.

  --datasets LIST   numbers of datasets, separated by commas (default: 20,100,200)
  --snapshots N     snapshots per dataset (default: 50)
  --json FILE       write all runs to FILE
  -h, --help
`

const readOptions = (args) => {
  const { values } = parseArgs({
    args,
    options: {
      datasets: { type: 'string', default: '20,100,200' },
      snapshots: { type: 'string', default: '50' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (!/^[1-9]\d*(,[1-9]\d*)*$/.test(values.datasets)) {
    throw new Error('--datasets takes numbers with commas between')
  }
  if (!/^[1-9]\d*$/.test(values.snapshots)) {
    throw new Error('--snapshots takes a number')
  }
  return {
    ...values,
    datasets: values.datasets.split(',').map(Number),
    snapshots: Number(values.snapshots),
  }
}

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const program = file('../../packages/z3-autobackup/bin/z3-autobackup.js')
const bundle = file('../../packages/z3-autobackup/dist/bundle/bin.js')

/** The name of the nth snapshot: ten minutes apart. */
const nameOf = (backup, n) => {
  const at = new Date(Date.UTC(2026, 0, 1) + n * 600_000)
  return `${backup}-${at.toISOString().replace(/\D/g, '').slice(0, 14)}`
}

/** Make one tree on both hosts, equal, and measure what runs on it cost. */
const measure = async (count, options, source, target, config) => {
  const backup = `b${count}`
  const tree = `${source.pool}/${backup}`
  const path = `${target.pool}/${backup}`
  await source.zfs('create', '-o', 'canmount=off', tree)
  await target.zfs('create', '-o', 'canmount=off', path)
  await source.zfs('set', `autobackup:${backup}=child`, tree)
  for (let i = 0; i < count; i++) await source.zfs('create', `${tree}/${i}`)
  for (let n = 0; n < options.snapshots; n++) {
    await source.zfs('snapshot', '-r', `${tree}@${nameOf(backup, n)}`)
  }
  const run = async (kind, ...more) => {
    const { wall, cpu, rss, stdout } = await measureAlone(
      process.execPath,
      [
        ...[program, '--ssh-config', config, '--ssh-target', 'target'],
        ...['--json', '--no-thinning', ...more, backup, path],
      ],
      { env: { PATH: source.env['PATH'], HOME: '/nonexistent', TZ: 'UTC' } },
    )
    const { status, zfsCommands, targets } = JSON.parse(stdout)
    const received = targets[0].datasets.flatMap((one) => one.received).length
    if (status !== 'success') throw new Error(stdout)
    say(
      `${count} datasets, ${kind}: ${wall.toFixed(1)} s, ${zfsCommands} zfs commands, ${received} snapshots received`,
    )
    return { count, kind, wall, cpu, rss, zfsCommands, received }
  }
  await target.zfs('create', '-o', 'canmount=off', `${path}/${source.pool}`)
  // the copy is made by zfs alone: it is not what is measured
  const last = nameOf(backup, options.snapshots - 1)
  await target.receiveFrom(source, `${tree}@${last}`, `${path}/${tree}`)
  // holds are set, once
  await run('first')
  const expect = (result, received) => {
    if (result.received === received) return result
    throw new Error(`${result.received} received in place of ${received}`)
  }
  return [
    expect(await run('nothing to do'), 0),
    expect(await run('one new snapshot each', '--allow-empty'), count),
  ]
}

const report = (options, results) => {
  const { date, cpus, model, memoryGiB, kernel, node } = machine()
  const head = ['datasets', 'run', 'zfs commands', 'each']
  head.push('wall s', 'ms each', 'own CPU s', 'own peak RSS MiB')
  const lines = results.map(({ count, kind, wall, cpu, rss, ...rest }) => [
    ...[count, kind, rest.zfsCommands, (rest.zfsCommands / count).toFixed(1)],
    ...[wall.toFixed(1), ((wall * 1000) / count).toFixed(0)],
    ...[cpu.toFixed(1), rss.toFixed(0)],
  ])
  return [
    `${date}: ${options.snapshots} snapshots each; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}\n\n`,
    ...[head, head.map((_, i) => (i === 1 ? '---' : '---:')), ...lines].map(
      (cells) => `| ${cells.join(' | ')} |\n`,
    ),
  ].join('')
}

const bench = async (options, undo) => {
  if (!existsSync(bundle)) throw new Error(`no ${bundle}: run pnpm build`)
  const directory = await mkdtemp(join(tmpdir(), 'z3-bench-'))
  undo.push(() => rm(directory, { recursive: true, force: true }))
  say('boot two hosts')
  const [source, target] = await startHosts(undo)
  const config = `${directory}/ssh_config`
  await writeFile(
    config,
    `Host target
  HostName ${target.address}
  User root
  IdentityFile ${target.key}
  UserKnownHostsFile ${target.knownHosts}
`,
  )
  const results = []
  for (const count of options.datasets) {
    say(`${count} datasets with ${options.snapshots} snapshots each`)
    results.push(...(await measure(count, options, source, target, config)))
    await source.renew()
    await target.renew()
  }
  process.stdout.write(report(options, results))
  if (options.json) {
    const result = { options, machine: machine(), results }
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`)
  }
  return 0
}

process.exitCode = await runBench({
  usage,
  readOptions,
  enter: inNamespace,
  bench,
})
