// scripts/bench: see options.mjs for the usage
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { chart } from './chart.mjs'
import { makeData } from './data.mjs'
import { installPackages, installPeers, moduleVersion } from './install.mjs'
import { readOptions, usage } from './options.mjs'
import { benchPipeline } from './pipeline.mjs'
import { run } from './processes.mjs'
import { bounds, heading, machine, table } from './report.mjs'
import { measureRows } from './rounds.mjs'
import { rowsOf } from './rows.mjs'
import { runBench } from './run-bench.mjs'
import { say } from './say.mjs'
import { benchStartUp } from './start-up.mjs'
import { awsConfig, environment, startTarget } from './targets.mjs'
import { benchVerify } from './verify.mjs'

const chosen = (rows, only) =>
  rows.filter(({ name, missing }) => {
    if (only && !only.includes(name)) return false
    const why = missing?.()
    if (why) say(`without ${name}: ${why}`)
    return !why
  })

const ready = async (rows, peers) => {
  const packages = rows.flatMap((row) => row.package ?? [])
  await installPackages(['time', ...packages])
  for (const row of rows) {
    row.version = row.module ? await moduleVersion(peers, row.module) : await row.version()
  }
}

const bench = async (options, undo) => {
  if (options.verify) return benchVerify(options, undo)
  if (options.pipeline) return benchPipeline(options, undo)
  if (options.startUp) return benchStartUp(options, undo)
  const dir = await mkdtemp('/dev/shm/z3-bench-')
  undo.push(() => rm(dir, { recursive: true }))
  const peers = await installPeers(dir)
  say(`${options.sizeText} of random data in ${dir}`)
  const data = await makeData(dir, options.size)
  const target = await startTarget(options.target, {
    size: options.size,
    blockFile: data.blockFile,
    line: options.line,
  })
  undo.push(target.stop)
  await writeFile(join(dir, 'aws.conf'), awsConfig)
  await writeFile(join(dir, 'rclone.conf'), '')
  const endpoint = target.settings.S3_ENDPOINT
  const env = environment(target.settings, dir)
  const admin = (...args) => run(process.execPath, [join(peers, 'admin.mjs'), ...args], { env })
  const at = { ...data, dir, peers, endpoint, env, admin, bucket: 'bench', target: options.target }
  if (options.target === 'rgw') await admin('make', at.bucket)

  const result = { options, machine: machine(), tables: {}, ok: true }
  process.stdout.write(heading(options))
  for (const direction of options.directions) {
    const rows = chosen(rowsOf(direction, at), options.only)
    if (rows.length === 0) continue
    await ready(rows, peers)
    await measureRows(rows, direction, options, at)
    const verdict = bounds(direction, rows)
    result.ok &&= verdict.ok
    result.tables[direction] = rows.map(({ name, version, runs }) => ({
      name,
      version,
      runs,
    }))
    process.stdout.write(`\n${table(direction, rows, options.size)}`)
    if (verdict.text) process.stdout.write(`\n${verdict.text}`)
  }
  if (options.chart) await writeFile(options.chart, chart(result))
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`)
  }
  return options.check && !result.ok ? 1 : 0
}

process.exitCode = await runBench({ usage, readOptions, bench })
