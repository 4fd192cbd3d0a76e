import { setTimeout as sleep } from 'node:timers/promises'
import { checkDatasetName } from '@z3/core'
import { ifThere } from './if-there.js'
import type { Run } from './run.js'
import { lines } from './table.js'
import { stderrOf } from './zfs-error.js'

/** How long to wait before each further try, milliseconds. */
const PAUSES = [100, 200, 400, 800]

/**
 * Rename a dataset, with all that is in it. Without -f and -u: what is in use
 * is an error and stays as it was, mounted, where -u would rename it under the
 * feet of those who write to it.
 *
 * @returns what could not be mounted or shared under the new name, a line
 *   each, in zfs's words
 * @throws Z3Error `dataset-exists`, `no-such-dataset` (`from`, or what `to`
 *   would be in), `not-permitted`, `zfs-failed`; the name is unchanged then
 */
export async function renameDataset(
  run: Run,
  from: string,
  to: string,
): Promise<readonly string[]> {
  checkDatasetName(from)
  checkDatasetName(to)
  for (const pause of PAUSES) {
    try {
      return await rename(run, from, to)
    } catch (error) {
      // not unmounted yet though nobody uses it: zfs-fuse is slow at that, and
      // udev opens each new volume for a moment
      if (!/^cannot rename .*: dataset is busy$/m.test(stderrOf(error) ?? '')) {
        throw error
      }
    }
    await sleep(pause)
  }
  return rename(run, from, to)
}

async function rename(run: Run, from: string, to: string): Promise<readonly string[]> {
  try {
    return lines(await run(['rename', from, to], { withStderr: true }))
  } catch (error) {
    // OpenZFS 2 exits 0 when it has renamed and cannot mount, older ones 1
    const said = stderrOf(error) ?? ''
    if (!/^cannot (mount|share) /m.test(said)) throw error
    const renamed = !(await exists(run, from)) && (await exists(run, to))
    if (!renamed) throw error
    return lines(said)
  }
}

async function exists(run: Run, dataset: string): Promise<boolean> {
  const answer = run(['list', '-H', '-o', 'name', dataset])
  return (await ifThere(answer)) !== undefined
}
