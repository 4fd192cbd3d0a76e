// scripts/bench --pipeline: z3 backup beside the same pipe by hand in bash
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { installPackages } from './install.mjs'
import { measureAlone } from './orchestrator.mjs'
import { machine } from './report.mjs'
import { say } from './say.mjs'
import { spread } from './statistics.mjs'
import { environment, startTarget } from './targets.mjs'
import { STREAM_GUID, STREAM_SNAPSHOT, writeStream } from './zfs-stream.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = (name) => `${root}packages/${name}/bin/${name}.js`
const [dataset] = STREAM_SNAPSHOT.split('@')

const PIGZ = 'pigz -1 --blocksize 4096'

/**
 * The stages of a pipe beside `zfs send` and pput, and whether z3 also computes the checksums of a
 * manifest.
 */
const KINDS = [
  { compressor: 'none', manifest: 'no', stages: ['zstream-verify'] },
  { compressor: 'pigz1', manifest: 'no', stages: ['zstream-verify', PIGZ] },
  { compressor: 'pigz1', manifest: 'yes', stages: ['zstream-verify', PIGZ] },
]

/** A directory for PATH: a zfs with one snapshot, and our programs. */
const makeBin = async (dir, stream) => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const row = [STREAM_SNAPSHOT, STREAM_GUID, '1790000000', '0', '1'].join('\\t')
  const script = `#!/bin/sh
case "$*" in
send*\\ -n*) ;;
send*) exec cat '${stream}' ;;
list*snapshot*) printf '${row}\\n' ;;
version*) echo zfs-2.3.1 ;;
esac
`
  await writeFile(join(bin, 'zfs'), script, { mode: 0o755 })
  for (const name of ['pput', 'zstream-verify']) await symlink(program(name), join(bin, name))
  return bin
}

const name = ({ compressor, manifest }) => `${compressor}-${manifest}`

const figures = (values) => {
  const { median, min, max } = spread(values)
  return `${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})`
}

const line = ({ compressor, manifest, bash, z3 }) => {
  const of = (runs, field) => runs.map((one) => one[field])
  const ratio = spread(z3.map(({ wall }, round) => wall / bash[round].wall))
  const cells = [
    compressor,
    manifest,
    figures(of(bash, 'wall')),
    figures(of(z3, 'wall')),
    `${ratio.median.toFixed(3)} (${ratio.min.toFixed(3)}-${ratio.max.toFixed(3)})`,
    figures(of(z3, 'cpu')),
    spread(of(z3, 'rss')).max.toFixed(0),
  ]
  return `| ${cells.join(' | ')} |\n`
}

export const benchPipeline = async (options, undo) => {
  const dir = await mkdtemp('/dev/shm/z3-bench-')
  undo.push(() => rm(dir, { recursive: true }))
  await installPackages(['pigz'])
  const { createFletcher4 } = await import(`${root}packages/zstream/dist/fletcher4.js`)
  const stream = join(dir, 'stream')
  say(`a stream of ${options.sizeText} in ${dir}`)
  await writeStream(stream, options.size, createFletcher4)
  const { size } = await stat(stream)
  const target = await startTarget(options.target, { size, blockFile: stream, line: options.line })
  undo.push(target.stop)
  const bin = await makeBin(dir, stream)
  const env = {
    ...environment(target.settings, dir),
    PATH: `${bin}:${process.env['PATH']}`,
    SNAPSHOT_PREFIX: '',
  }
  const byHand = ({ stages }, key) => {
    const pipe = [`zfs send ${STREAM_SNAPSHOT}`, ...stages, `pput -q ${key}`].join(' | ')
    return measureAlone('bash', ['-c', `set -euo pipefail; ${pipe}`], { env })
  }
  const byZ3 = ({ compressor, manifest }, prefix) =>
    measureAlone(process.execPath, [program('z3'), 'backup', '-q', dataset], {
      env: { ...env, COMPRESSOR: compressor, MANIFEST: manifest, S3_PREFIX: prefix },
    })
  const rows = KINDS.map((kind) => ({ ...kind, bash: [], z3: [] }))
  for (let round = 0; round <= options.runs; round++) {
    for (const row of rows) {
      const turns = [
        ['bash', () => byHand(row, `hand-${round}/${name(row)}`)],
        ['z3', () => byZ3(row, `z3-${round}/${name(row)}/`)],
      ]
      for (const [who, turn] of round % 2 === 0 ? turns : turns.reverse()) {
        const one = await turn()
        const when = round === 0 ? 'warm-up' : `${round}/${options.runs}`
        say(`${when} ${who}, ${name(row)}: ${one.wall.toFixed(2)} s`)
        if (round > 0) row[who].push(one)
      }
    }
  }
  const { cpus, model, memoryGiB, kernel, node, date } = machine()
  process.stdout.write(
    `${date}: ${options.sizeText}, ${options.runs} rounds, target ${options.target}; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}\n\n` +
      '| compressor | manifest | by hand, wall s | z3 backup, wall s | z3 / by hand | own CPU s of z3 | own peak RSS MiB |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n' +
      rows.map(line).join(''),
  )
  return 0
}
