// One round that does not count, then rounds that do
import { measure } from './measure.mjs'
import { say } from './say.mjs'

const arrived = async (run, direction, key, verify, options, bench) => {
  if (direction === 'up') {
    const { stdout } = await bench.admin('size', bench.bucket, key)
    await bench.admin('delete', bench.bucket, key)
    return Number(stdout) === options.size
  }
  return verify ? run.sha256 === bench.sha256 : run.bytes === options.size
}

/** Put the object there that all downloads read. The sink has one anyway. */
const seed = async (options, bench) => {
  if (options.target !== 'rgw') return
  say('upload what is to be downloaded')
  const row = {
    name: 'seed',
    command: (bucket, key) => [...['node', `${bench.peers}/lib-storage.mjs`, bucket, key]],
  }
  await measure(row, 'up', 'down/object', false, bench)
}

/**
 * Run the rows in turn, so that whatever else the machine does meets them all.
 * Each row gets its `runs`. What arrives is checked after every run: the size,
 * and in the first round of downloads the SHA-256.
 */
export const measureRows = async (rows, direction, options, bench) => {
  if (direction === 'down') await seed(options, bench)
  for (const row of rows) row.runs = []
  for (let round = 0; round <= options.runs; round++) {
    for (const row of rows) {
      const warmUp = round === 0
      const key = direction === 'up' ? `up/${row.name}-${round}` : 'down/object'
      const one = await measure(row, direction, key, warmUp, bench)
      if (!(await arrived(one, direction, key, warmUp, options, bench))) {
        throw new Error(`${row.name}: what arrived is not what was sent`)
      }
      const what = warmUp ? 'warm-up' : `${round}/${options.runs}`
      const mib = one.rss.toFixed(0)
      say(`${what} ${row.name}: ${one.cpu.toFixed(2)} s CPU, ${one.wall} s, ${mib} MiB`)
      if (!warmUp) row.runs.push(one)
    }
  }
}
