// scripts/bench-sync
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inNamespace, startHosts } from './hosts.mjs'
import { parseSize } from './options.mjs'
import { measureAlone } from './orchestrator.mjs'
import { run } from './processes.mjs'
import { machine } from './report.mjs'
import { runBench } from './run-bench.mjs'
import { say } from './say.mjs'
import { median, pairedRatio, spread } from './statistics.mjs'

const usage = `usage: bench-sync [options]

Compare z3-ssh-sync with 'zfs send | ssh zfs receive', from one real OpenZFS
host to another over ssh, one after the other: rounds of A B, B A, medians.
Needs root.

  --size SIZE     random bytes to send, with K, M or G (default: 512M)
  --runs N        rounds (default: 3)
  --json FILE     write all runs to FILE
  -h, --help
`

const readOptions = (args) => {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: '512M' },
      runs: { type: 'string', default: '3' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (!/^[1-9]\d*$/.test(values.runs)) throw new Error('--runs takes a number')
  return {
    ...values,
    size: parseSize(values.size),
    sizeText: values.size,
    runs: Number(values.runs),
  }
}

const program = fileURLToPath(
  new URL('../../packages/z3-ssh-sync/bin/z3-ssh-sync.js', import.meta.url),
)
const bundle = fileURLToPath(
  new URL('../../packages/z3-ssh-sync/dist/bundle/bin.js', import.meta.url),
)

const plain = (source, target) => ({
  name: 'zfs send | ssh zfs receive',
  runs: [],
  send: async (snapshot, to) => {
    const began = performance.now()
    const ssh = [
      ...['ssh', '-F', 'none', '-T', '-o', 'BatchMode=yes'],
      ...['-o', `UserKnownHostsFile=${target.knownHosts}`],
      ...['-i', target.key, `root@${target.address}`],
    ]
    await run(
      '/bin/bash',
      [
        ...['-c', 'set -o pipefail; zfs send "$1" | "${@:3}" zfs receive -u "$2"'],
        ...['bash', snapshot, to, ...ssh],
      ],
      { env: source.env },
    )
    return { wall: (performance.now() - began) / 1000 }
  },
})

const ours = (source, target) => {
  const sync = (dataset, to) =>
    measureAlone(
      process.execPath,
      [
        ...[program, '--ssh-config', 'none', '--identity', target.key],
        ...['--ssh-option', `UserKnownHostsFile=${target.knownHosts}`],
        ...['--snapshot-prefix', '', '--dataset', dataset],
        ...['--remote-dataset', to, `root@${target.address}`],
      ],
      { env: { PATH: source.env['PATH'], HOME: '/nonexistent' } },
    )
  return {
    name: 'z3-ssh-sync',
    runs: [],
    send: async (snapshot, to) => {
      const [dataset] = snapshot.split('@')
      const { wall, cpu, rss, stdout } = await sync(dataset, to)
      if (!stdout.startsWith('received ')) throw new Error(stdout)
      const idle = await sync(dataset, to)
      if (idle.stdout !== 'Nothing to do here.\n') throw new Error(idle.stdout)
      return { wall, cpu, rss, idle: idle.wall, idleCpu: idle.cpu }
    },
  }
}

const measure = async (row, round, runs, snapshot, source, target) => {
  const to = `${target.pool}/copy`
  const one = await row.send(snapshot, to)
  const guid = (host, name) => host.zfs('get', '-H', '-o', 'value', 'guid', name)
  const arrived = await guid(target, `${to}@${snapshot.split('@')[1]}`)
  if (arrived !== (await guid(source, snapshot))) {
    throw new Error(`${row.name}: what arrived is not what was sent`)
  }
  await target.destroy(to)
  row.runs.push(one)
  const own =
    one.cpu === undefined ? '' : `, itself ${one.cpu.toFixed(2)} s CPU, ${one.rss.toFixed(0)} MiB`
  say(`${round}/${runs} ${row.name}: ${one.wall.toFixed(2)} s${own}`)
}

const figures = (values, digits = 2) => {
  const { median, min, max } = spread(values)
  const [m, least, most] = [median, min, max].map((one) => one.toFixed(digits))
  return `${m} (${least}-${most})`
}

const report = (options, rows) => {
  const { date, cpus, model, memoryGiB, kernel, node } = machine()
  const { sizeText, size, runs } = options
  const head = ['sent by', 'wall s', 'MiB/s', 'own CPU s', 'own peak RSS MiB']
  const lines = rows.map(({ name, runs }) => {
    const [{ cpu }] = runs
    const of = (field, digits) =>
      figures(
        runs.map((one) => one[field]),
        digits,
      )
    return [
      `\`${name}\``.replaceAll('|', '\\|'),
      of('wall'),
      (size / 2 ** 20 / median(runs.map(({ wall }) => wall))).toFixed(1),
      cpu === undefined ? '' : of('cpu'),
      cpu === undefined ? '' : of('rss', 0),
    ]
  })
  const [peer, mine] = rows
  const ratios = mine.runs.map(({ wall }, i) => wall / peer.runs[i].wall)
  const idle = (field) => figures(mine.runs.map((one) => one[field]))
  return [
    `${date}: ${sizeText}, ${runs} rounds; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}\n\n`,
    ...[head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...lines].map(
      (cells) => `| ${cells.join(' | ')} |\n`,
    ),
    `\nwall, z3-ssh-sync / plain: ${pairedRatio(mine, peer, 'wall').toFixed(2)}; by round ${ratios.map((one) => one.toFixed(2)).join(' ')}\n`,
    `a run with nothing to do: ${idle('idle')} s, itself ${idle('idleCpu')} s CPU\n`,
  ].join('')
}

const bench = async (options, undo) => {
  if (!existsSync(bundle)) throw new Error(`no ${bundle}: run pnpm build`)
  say('boot two hosts')
  const [source, target] = await startHosts(undo)
  say(`${options.sizeText} of random data`)
  const dataset = `${source.pool}/data`
  const snapshot = `${dataset}@bench`
  await source.zfs('create', dataset)
  const write = 'head -c "$1" /dev/urandom > "$2/random" && sync'
  await source.shell(write, String(options.size), `/${dataset}`)
  await source.zfs('snapshot', snapshot)
  const rows = [plain(source, target), ours(source, target)]
  for (let round = 1; round <= options.runs; round++) {
    const turn = round % 2 ? rows : rows.toReversed()
    for (const row of turn) {
      await measure(row, round, options.runs, snapshot, source, target)
    }
  }
  process.stdout.write(report(options, rows))
  if (options.json) {
    const tables = rows.map(({ name, runs }) => ({ name, runs }))
    const result = { options, machine: machine(), rows: tables }
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
