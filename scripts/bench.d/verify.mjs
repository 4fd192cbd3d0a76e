// scripts/bench --verify: zstream-verify beside cat and zstream dump
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { installPackages } from './install.mjs'
import { run } from './processes.mjs'
import { machine } from './report.mjs'
import { say } from './say.mjs'
import { spread } from './statistics.mjs'
import { writeStream } from './zfs-stream.mjs'

const GIB = 2 ** 30
const root = fileURLToPath(new URL('../../', import.meta.url))

// GNU time counts the program alone; 3 is bash's stderr
const time = '/usr/bin/time -q -o "$TIMES" -f \'%U %S %e %M\''
const verify = `node "${root}packages/zstream-verify/bin/zstream-verify.js"`

const ROWS = [
  { name: 'zstream-verify --check < FILE', script: `${time} ${verify} --check < "$FILE"` },
  { name: 'cat < FILE > /dev/null', script: `${time} cat < "$FILE" > /dev/null` },
  {
    name: 'zstream dump FILE',
    // the words of a command, as findZstream returns them
    script: `${time} $ZSTREAM dump "$FILE" > /dev/null`,
    needs: 'zstream',
  },
  {
    name: 'cat FILE \\| zstream-verify \\| cat > /dev/null',
    script: `cat "$FILE" | ${time} ${verify} | cat > /dev/null`,
  },
  {
    name: 'cat FILE \\| cat \\| cat > /dev/null',
    script: `cat "$FILE" | ${time} cat | cat > /dev/null`,
  },
]

const figures = (values) => {
  const { median, min, max } = spread(values)
  return `${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})`
}

// of the machine, else of the host kit (scripts/zfs-host build), with the kit's own libraries
const FIND_ZSTREAM = `
  if command -v zstream; then exit; fi
  here=$ROOT/scripts/zfs-host.d
  . "$here/cache.sh"
  guest=$(base_dir)/guest.cpio.gz
  [ -e "$guest" ] || exit 1
  cd "$DIR"
  zcat "$guest" | cpio -id --quiet sbin/zstream 'lib64/*' 'lib/*.so*' 'usr/lib/*.so*'
  lib=lib/x86_64-linux-gnu
  echo "$DIR/lib64/ld-linux-x86-64.so.2 --library-path $DIR/$lib:$DIR/usr/$lib $DIR/sbin/zstream"`

/** @returns the words of a command; undefined where there is none */
const findZstream = async (dir) => {
  const env = { ...process.env, ROOT: root.replace(/\/$/, ''), DIR: dir }
  try {
    const { stdout } = await run('bash', ['-c', `set -euo pipefail; ${FIND_ZSTREAM}`], { env })
    return stdout.trim()
  } catch {
    return undefined
  }
}

const measure = async ({ script }, file, dir, ZSTREAM) => {
  const TIMES = join(dir, 'times')
  await run('bash', ['-c', `set -o pipefail; ${script}`], {
    env: { ...process.env, FILE: file, TIMES, ZSTREAM },
  })
  const [user, sys, wall, kib] = (await readFile(TIMES, 'utf8')).trim().split(' ').map(Number)
  return { cpu: user + sys, user, sys, wall, rss: kib / 1024 }
}

/** @returns the exit status: with --check 1 if a bound is missed */
export const benchVerify = async (options, undo) => {
  const dir = await mkdtemp('/dev/shm/z3-bench-')
  undo.push(() => rm(dir, { recursive: true }))
  await installPackages(['time'])
  const { createFletcher4 } = await import(`${root}packages/zstream/dist/fletcher4.js`)
  const file = join(dir, 'stream')
  say(`a stream of ${options.sizeText} in ${dir}`)
  await writeStream(file, options.size, createFletcher4)
  const { size } = await stat(file)
  const zstream = await findZstream(dir)
  const rows = []
  for (const row of ROWS) {
    if (row.needs === undefined || zstream !== undefined) rows.push({ ...row, runs: [] })
    else say(`without ${row.name}: neither this machine nor the host kit has ${row.needs}`)
  }
  for (let round = 0; round <= options.runs; round++) {
    for (const row of rows) {
      const one = await measure(row, file, dir, zstream ?? '')
      say(
        `${round === 0 ? 'warm-up' : `${round}/${options.runs}`} ${row.name}: ${one.cpu.toFixed(2)} s CPU, ${one.wall} s`,
      )
      if (round > 0) row.runs.push(one)
    }
  }
  const { cpus, model, memoryGiB, kernel, node, date } = machine()
  const gib = size / GIB
  const line = ({ name, runs }) => {
    const of = (field) => runs.map((one) => one[field])
    const cells = [
      name,
      figures(of('wall').map((wall) => gib / wall)),
      figures(of('cpu').map((cpu) => cpu / gib)),
      spread(of('user').map((s) => s / gib)).median.toFixed(2),
      spread(of('sys').map((s) => s / gib)).median.toFixed(2),
      spread(of('rss')).max.toFixed(0),
    ]
    return `| ${cells.join(' | ')} |\n`
  }
  process.stdout.write(
    `${date}: ${options.sizeText}, ${options.runs} rounds; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}\n\n` +
      '| command | GiB/s | CPU s/GiB | user | sys | peak RSS MiB |\n| --- | ---: | ---: | ---: | ---: | ---: |\n' +
      rows.map(line).join(''),
  )
  const [check, , ...others] = rows
  const stage = others.find(({ script }) => script.includes(`| ${time} ${verify}`))
  const perCpu = gib / spread(check.runs.map(({ cpu }) => cpu)).median
  const cpu = spread(stage.runs.map((one) => one.cpu)).median / gib
  const found = [
    ['--check: at least 1.5 GiB for each second of CPU', perCpu, perCpu >= 1.5],
    ['as a stage: at most 1.5 CPU s/GiB', cpu, cpu <= 1.5],
  ]
  process.stdout.write(
    `\n${found.map(([what, value, ok]) => `- ${what}: ${value.toFixed(2)}, ${ok ? 'ok' : 'MISSED'}\n`).join('')}`,
  )
  return options.check && !found.every(([, , ok]) => ok) ? 1 : 0
}
