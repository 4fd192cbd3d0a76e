// One run of one program: what it cost and what arrived
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { run } from './processes.mjs'

// Real pipes by bash: the pipe that node gives a child is a socket. GNU time
// counts all descendants that were waited for, but not cat, dd or sha256sum.
const time = '/usr/bin/time -q -o "$TIMES" -f \'%U %S %e %M\''
const up = `cat "$DATA" | ${time} "$@" >&2`
const down = (reader) => `${time} "$@" | ${reader}`

const pipeline = (direction, verify) => {
  if (direction === 'up') return up
  return down(verify ? 'sha256sum' : 'dd bs=128k of=/dev/null')
}

/**
 * @returns user and sys CPU seconds, wall seconds, RSS of the largest process
 * in MiB, and for a download the SHA-256 (verify) or else the bytes that came
 */
export const measure = async (row, direction, key, verify, bench) => {
  const times = join(bench.dir, 'times')
  const env = { ...bench.env, ...row.env, TIMES: times, DATA: bench.file }
  const script = `set -o pipefail; ${pipeline(direction, verify)}`
  const command = row.command(bench.bucket, key)
  const { stdout, stderr } = await run('/bin/bash', ['-c', script, row.name, ...command], { env })
  const [user, sys, wall, kib] = (await readFile(times, 'utf8'))
    .trim()
    .split('\n')
    .at(-1)
    .split(' ')
    .map(Number)
  return {
    user,
    sys,
    cpu: user + sys,
    wall,
    rss: kib / 1024,
    sha256: /^[0-9a-f]{64}/.exec(stdout)?.[0],
    bytes: Number(/^(\d+) bytes/m.exec(stderr)?.[1]),
  }
}
