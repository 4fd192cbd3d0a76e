// The command line of scripts/bench
import { parseArgs } from 'node:util'

export const usage = `usage: bench [options]

Compare pput and z3-get with other programs: rounds of A B C A B C, medians.

  --size SIZE     bytes to move, with K, M or G (default 1G)
  --runs N        rounds that count, after one that does not (default 5)
  --target NAME   sink (default): a server that throws away and checks nothing;
                  sink-plain: the same, keeping no checksums;
                  rgw: a real server, by scripts/s3-server
  --tls           https, with a certificate of its own; a sink only
  --latency MS    round trips that take so long; a sink only
  --bandwidth MBIT  bits per second that all connections share, in millions; a sink only
  --up, --down    only uploads, or only downloads
  --verify        zstream-verify beside cat and zstream dump, nothing else
  --pipeline      z3 backup beside the same pipe by hand in bash, nothing else
  --start-up      CPU time of --version, --help and other short runs, nothing else
  --only NAME,…   only these rows: pput lib-storage rclone aws s5cmd s3cmd curl,
                  and z3-get client-s3 client-s3-ranges rclone aws s5cmd s3cmd curl
  --json FILE     write all runs to FILE
  --chart FILE    draw the medians as SVG
  --check         exit 1 if a limit is exceeded
  -h, --help
`

const units = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

const NAMES = [
  ...['pput', 'z3-get', 'lib-storage', 'client-s3', 'client-s3-ranges'],
  ...['rclone', 'aws', 's5cmd', 's3cmd', 'curl'],
]

const readLine = ({ target, tls, latency, bandwidth }) => {
  for (const [name, value] of Object.entries({ latency, bandwidth })) {
    if (!/^\d+$/.test(value)) throw new Error(`--${name} takes a number`)
  }
  const line = { tls, latency: Number(latency), bandwidth: Number(bandwidth) }
  if (target === 'rgw' && (tls || line.latency > 0 || line.bandwidth > 0)) {
    throw new Error('--tls, --latency and --bandwidth need the target sink')
  }
  return line
}

export const parseSize = (text) => {
  const [, digits, unit] = /^([1-9]\d*)([KMG]?)$/.exec(text) ?? []
  if (!digits) throw new Error(`--size takes 512M, 1G, …, not '${text}'`)
  return Number(digits) * units[unit]
}

export const readOptions = (args) => {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: '1G' },
      runs: { type: 'string', default: '5' },
      target: { type: 'string', default: 'sink' },
      only: { type: 'string' },
      up: { type: 'boolean', default: false },
      down: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
      pipeline: { type: 'boolean', default: false },
      'start-up': { type: 'boolean', default: false },
      tls: { type: 'boolean', default: false },
      latency: { type: 'string', default: '0' },
      bandwidth: { type: 'string', default: '0' },
      json: { type: 'string' },
      chart: { type: 'string' },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (!/^[1-9]\d*$/.test(values.runs)) throw new Error('--runs takes a number')
  if (!['sink', 'sink-plain', 'rgw'].includes(values.target)) {
    throw new Error(`--target: no '${values.target}'; see bench --help`)
  }
  const only = values.only?.split(',')
  const wrong = only?.find((name) => !NAMES.includes(name))
  if (wrong !== undefined) throw new Error(`--only: no row '${wrong}'`)
  const both = values.up === values.down
  return {
    size: parseSize(values.size),
    sizeText: values.size,
    runs: Number(values.runs),
    target: values.target,
    line: readLine(values),
    only,
    directions: both ? ['up', 'down'] : values.up ? ['up'] : ['down'],
    verify: values.verify,
    pipeline: values.pipeline,
    startUp: values['start-up'],
    json: values.json,
    chart: values.chart,
    check: values.check,
    help: values.help,
  }
}
