// scripts/bench-status: z3 status, cold and warm, on a bucket of many snapshots
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCounter } from './count.mjs'
import { fillBucket, putIndexes } from './fill.mjs'
import { installPackages } from './install.mjs'
import { run } from './processes.mjs'
import { machine } from './report.mjs'
import { runBench } from './run-bench.mjs'
import { say } from './say.mjs'
import { spread } from './statistics.mjs'
import { environment, startTarget } from './targets.mjs'

const usage = `usage: bench-status [options]

Measure z3 status on a bucket: without a cache (cold), with an index in the
bucket instead (index), with a cache (warm).

  --objects N     snapshots in the bucket (default: 10000)
  --datasets N    of so many datasets, each with the same number (default: 1)
  --runs N        runs of each kind (default: 3), and one to count requests
  --target NAME   rgw (default): a real server of scripts/s3-server;
                  sink: a minimal server, to measure the client
  -h, --help
`

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const DATASET = 'tank/data'
const z3 = fileURLToPath(new URL('../../packages/z3/bin/z3.js', import.meta.url))

const readOptions = (args) => {
  const { values } = parseArgs({
    args,
    options: {
      objects: { type: 'string', default: '10000' },
      datasets: { type: 'string', default: '1' },
      runs: { type: 'string', default: '3' },
      target: { type: 'string', default: 'rgw' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  for (const name of ['objects', 'datasets', 'runs']) {
    if (/^[1-9]\d*$/.test(values[name])) continue
    throw new Error(`--${name} takes a number`)
  }
  const { target, help } = values
  if (!['rgw', 'sink'].includes(target)) {
    throw new Error(`--target: no '${target}'; see bench-status --help`)
  }
  const [objects, datasets, runs] = [values.objects, values.datasets, values.runs].map(Number)
  if (objects % datasets !== 0) throw new Error('--objects is no multiple of --datasets')
  return { objects, datasets, runs, target, help }
}

/** A zfs that has all snapshots, and nothing else. */
const makeZfs = async (dir, snapshots) => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const lines = snapshots.map(({ name, guid, created }, i) =>
    [name, guid, created, 0, i].join('\t'),
  )
  await writeFile(join(bin, 'snapshots'), `${lines.join('\n')}\n`)
  const script = `#!/bin/sh\nexec cat '${join(bin, 'snapshots')}'\n`
  await writeFile(join(bin, 'zfs'), script, { mode: 0o755 })
  return bin
}

/** What a run of `z3 status` has found to be healthy: in JSON, or in the totals of the table. */
const healthyIn = (stdout, datasets) => {
  if (datasets === 1) {
    return JSON.parse(stdout).snapshots.filter(({ health }) => health === 'ok').length
  }
  const [, snapshots, unhealthy] = /, (\d+) snapshots, .*; (\d+) not healthy$/m.exec(stdout)
  return snapshots - unhealthy
}

/** One run; fails unless every snapshot is found, and healthy. */
const status = async ({ dir, env, objects, datasets }) => {
  const times = join(dir, 'times')
  const time = ['-q', '-o', times, '-f', '%U %S %e %M']
  const what = datasets === 1 ? [DATASET, '--json'] : ['--all']
  const command = [process.execPath, z3, 'status', ...what]
  const { stdout, stderr } = await run('/usr/bin/time', [...time, ...command], { env })
  // not with --check, which asks for each object in spite of the cache
  const healthy = healthyIn(datasets === 1 ? stdout : stderr, datasets)
  if (healthy !== objects) throw new Error(`${healthy} of ${objects} are healthy`)
  const [user, sys, wall, kib] = (await readFile(times, 'utf8')).trim().split(' ').map(Number)
  return { cpu: user + sys, wall, rss: kib / 1024 }
}

const figures = (runs, field, digits) => {
  const { median, min, max } = spread(runs.map((one) => one[field]))
  const [m, a, b] = [median, min, max].map((value) => value.toFixed(digits))
  return `${m} (${a}-${b})`
}

const line = (name, runs, counts) => {
  const requests = Object.entries(counts).map(([op, n]) => `${n} ${op}`)
  const cells = [
    name,
    figures(runs, 'wall', 2),
    figures(runs, 'cpu', 2),
    requests.join(', '),
    figures(runs, 'rss', 0),
  ]
  return `| ${cells.join(' | ')} |\n`
}

const bench = async ({ objects, datasets, runs, target }, undo) => {
  await installPackages(['time'])
  const dir = await mkdtemp(join(tmpdir(), 'z3-bench-status-'))
  undo.push(() => rm(dir, { recursive: true }))
  const blockFile = join(dir, 'empty')
  await writeFile(blockFile, '')
  const { settings, stop } = await startTarget(target, { size: 0, blockFile })
  undo.push(stop)
  say(`${objects} objects`)
  const bucket = 'bench'
  const filled = await fillBucket({ settings, bucket, dataset: DATASET, datasets, objects })
  const bin = await makeZfs(dir, filled[0].snapshots)
  const env = {
    ...environment(settings, dir),
    PATH: `${bin}:${process.env['PATH']}`,
    SNAPSHOT_PREFIX: '',
  }
  const kinds = ['cold', 'index', 'warm']
  const measured = { cold: [], index: [], warm: [] }
  /** All kinds in turn, with a cache of their own. */
  const round = async (name, own, done) => {
    const home = join(dir, name)
    for (const kind of kinds) {
      const cache = kind === 'index' ? `${home}-index` : home
      const remove = kind === 'index' && (await putIndexes({ settings, bucket, cache: home }))
      done(kind, await status({ dir, env: { ...own, XDG_CACHE_HOME: cache }, objects, datasets }))
      if (remove) await remove()
    }
  }
  for (let i = 1; i <= runs; i++) {
    say(`run ${i} of ${runs}`)
    await round(`cache-${i}`, env, (kind, one) => measured[kind].push(one))
  }
  say('one more of each, through a proxy that counts')
  const counter = await startCounter(settings.S3_ENDPOINT)
  undo.push(counter.stop)
  const counts = {}
  await round('cache-counted', { ...env, S3_ENDPOINT: counter.endpoint }, (kind) => {
    counts[kind] = counter.take()
  })
  const { cpus, model, memoryGiB, node, date } = machine()
  process.stdout.write(
    `${date}: z3 status, ${objects} objects of ${datasets} datasets, target ${target}, on the same machine; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Node ${node}

| cache | seconds | CPU s | requests | peak RSS MiB |
| --- | ---: | ---: | --- | ---: |
${kinds.map((kind) => line(kind, measured[kind], counts[kind])).join('')}`,
  )
  return 0
}

process.exitCode = await runBench({ usage, readOptions, bench })
