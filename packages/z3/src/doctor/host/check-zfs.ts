import { Z3Error } from '@z3/core'
import type { Run } from '@z3/zfs'
import { ok, problem, unknown, warning, type Finding } from '../finding.js'

const CHECK = 'zfs'

/**
 * Whether zfs can be run, and its version.
 *
 * @throws Z3Error of zfs
 */
export async function checkZfs(zfs: Run): Promise<readonly Finding[]> {
  try {
    const pools = (await zfs(['list', '-H', '-d', '0', '-o', 'name'])).trim()
    if (pools === '') {
      return [problem(CHECK, 'no pool is imported', "Import the pools: 'zpool import' lists them.")]
    }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    return error.code === 'zfs-unavailable' || error.code === 'not-permitted'
      ? [problem(CHECK, error.message, error.hint)]
      : [unknown(CHECK, error.message, error.hint)]
  }
  return [versionFinding(await readVersion(zfs))]
}

/** The output of `zfs version`; undefined: this zfs does not have the command. */
async function readVersion(zfs: Run): Promise<string | undefined> {
  try {
    return await zfs(['version'])
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'zfs-failed') return undefined
    throw error
  }
}

/** @param text of `zfs version`: `zfs-2.3.0-1`, `zfs-kmod-2.3.0-1` */
export function versionFinding(text: string | undefined): Finding {
  const program = /^zfs-(\d\S*)/m.exec(text ?? '')?.[1]
  const kernel = /^zfs-kmod-(\S+)/m.exec(text ?? '')?.[1]
  if (program === undefined) {
    return warning(
      CHECK,
      'zfs does not report a version, so it is older than OpenZFS 0.8',
      'Use OpenZFS 2; z3 works without the features that this zfs lacks.',
    )
  }
  if (kernel !== undefined && series(kernel) !== series(program)) {
    return warning(
      CHECK,
      `OpenZFS ${program}, but the kernel module is ${kernel}`,
      'Restart the machine to load the module of the installed version.',
    )
  }
  return ok(CHECK, `OpenZFS ${program}`)
}

/** `2.3` of `2.3.0-1` */
function series(version: string): string | undefined {
  return /^\d+\.\d+/.exec(version)?.[0]
}
