// The tables, and whether the bounds of docs/performance.md hold
import { cpus, release, totalmem } from 'node:os'
import process from 'node:process'
import { pairedRatio, spread } from './statistics.mjs'

const GIB = 2 ** 30

/** Ours, and the peers of whose CPU it may take half. */
const halves = {
  up: ['pput', ['lib-storage']],
  // one stream of the SDK's does less: it neither pins, nor resumes, nor reads
  // by several connections; it stands in the table for comparison
  down: ['z3-get', ['client-s3-ranges']],
}

export const machine = () => ({
  cpus: cpus().length,
  model: cpus()[0]?.model.trim(),
  memoryGiB: Math.round(totalmem() / GIB),
  kernel: release(),
  node: process.versions.node,
  date: new Date().toISOString().slice(0, 10),
})

/** @returns for example `1G, 5 rounds, target sink, TLS, 40 ms, 1000 Mbit/s` */
export const whatOf = ({ sizeText, runs, target, line }) =>
  [
    ...[sizeText, `${runs} rounds`, `target ${target}`],
    ...(line.tls ? ['TLS'] : []),
    ...(line.latency > 0 ? [`${line.latency} ms`] : []),
    ...(line.bandwidth > 0 ? [`${line.bandwidth} Mbit/s`] : []),
  ].join(', ')

export const heading = (options) => {
  const { cpus, model, memoryGiB, kernel, node, date } = machine()
  return `${date}: ${whatOf(options)}; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}\n`
}

const figures = (values) => {
  const { median, min, max } = spread(values)
  return `${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})`
}

const line = (row, first, size) => {
  const perGiB = (field) => row.runs.map((run) => (run[field] * GIB) / size)
  const rss = spread(row.runs.map((run) => run.rss))
  return [
    row.name,
    row.version,
    figures(perGiB('cpu')),
    spread(perGiB('user')).median.toFixed(2),
    spread(perGiB('sys')).median.toFixed(2),
    pairedRatio(row, first, 'cpu').toFixed(2),
    figures(row.runs.map((run) => run.wall)),
    pairedRatio(row, first, 'wall').toFixed(2),
    `${rss.median.toFixed(0)} (${rss.min.toFixed(0)}-${rss.max.toFixed(0)})`,
  ]
}

export const table = (direction, rows, size) => {
  const [first] = rows
  const head = [
    direction === 'up' ? 'upload' : 'download',
    ...['version', 'CPU s/GiB', 'user', 'sys', `CPU / ${first.name}`],
    ...['wall s', `wall / ${first.name}`, 'peak RSS MiB'],
  ]
  const rule = head.map((_, i) => (i < 2 ? '---' : '---:'))
  const lines = rows.map((row) => line(row, first, size))
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** @returns lines on the bounds whose rows are there, and whether they hold */
export const bounds = (direction, rows) => {
  const row = (name) => rows.find((one) => one.name === name)
  const [name, peers] = halves[direction]
  const mine = row(name)
  const found = []
  for (const peer of mine ? peers.flatMap((one) => row(one) ?? []) : []) {
    const ratio = pairedRatio(mine, peer, 'cpu')
    const what = `${name} at most half of the CPU of ${peer.name}`
    found.push([what, ratio.toFixed(2), ratio <= 0.5])
  }
  if (mine && direction === 'up') {
    const peak = spread(mine.runs.map((run) => run.rss)).max
    const value = `${peak.toFixed(0)} MiB`
    found.push(['pput under 150 MiB (of 4 GiB: --size 4G)', value, peak < 150])
  }
  return {
    text: found
      .map(([what, value, ok]) => `- ${what}: ${value}, ${ok ? 'ok' : 'MISSED'}\n`)
      .join(''),
    ok: found.every(([, , ok]) => ok),
  }
}
