import { Z3Error, type Command } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { getProperties, getPropertiesOf, type Run } from '@z3/zfs'

/** The command that mounts a dataset. */
export function mountCommand(dataset: string): Command {
  return { file: 'zfs', args: ['mount', dataset] }
}

/**
 * The mounted ones of a dataset and its descendants. `zfs receive -F` of a full stream unmounts
 * them all, and with -u does not mount them again.
 */
export async function listMounted(zfs: Run, dataset: string): Promise<readonly string[]> {
  const all = await getPropertiesOf(zfs, [dataset], ['mounted'], true)
  return [...all].flatMap(([name, { mounted }]) => (mounted === 'yes' ? [name] : []))
}

/**
 * Mount the restored dataset if `zfs receive` would have (it has a mount point and canmount=on),
 * and whatever was mounted before.
 *
 * @param before what was mounted, of the dataset and its descendants
 * @param say called if something is not mounted, with the reason
 * @throws Z3Error `not-mounted`
 */
export async function mountRestored(
  zfs: Run,
  dataset: string,
  before: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  try {
    await mountOne(zfs, dataset, before.includes(dataset), say)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    throw new Z3Error(
      'not-mounted',
      `${dataset} was restored completely, but cannot be mounted: ${error.message}`,
      { hint: error.hint, cause: error },
    )
  }
  // parents come before their children
  for (const name of before) {
    if (name !== dataset) await mountOne(zfs, name, true, say)
  }
}

/**
 * With --unmounted: leave the dataset unmounted, and mount its descendants again.
 *
 * @param before what was mounted, of the dataset and its descendants
 */
export async function leaveUnmounted(
  zfs: Run,
  dataset: string,
  before: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  await remount(
    zfs,
    before.filter((name) => name !== dataset),
    say,
  )
  if (!before.includes(dataset)) return
  const { mounted } = await getProperties(zfs, dataset, ['mounted'])
  if (mounted !== 'yes') {
    say(`${dataset} was mounted before and is now unmounted (--unmounted)`)
  }
}

/**
 * After a failure: mount again what a receive has unmounted. Does not throw, so that the failure
 * itself is reported.
 *
 * @param before what was mounted
 */
export async function remount(
  zfs: Run,
  before: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  for (const name of before) {
    try {
      await mountOne(zfs, name, true, say)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      say(`${name} was mounted before and is now unmounted: ${why}`)
    }
  }
}

async function mountOne(
  zfs: Run,
  dataset: string,
  before: boolean,
  say: (line: string) => void,
): Promise<void> {
  const {
    type,
    canmount = '',
    mountpoint = '',
    mounted,
    keystatus,
  } = await getProperties(zfs, dataset, ['type', 'canmount', 'mountpoint', 'mounted', 'keystatus'])
  if (type !== 'filesystem' || mounted === 'yes') return
  const wanted = canmount === 'on' || (before && canmount === 'noauto')
  if (!wanted || !mountpoint.startsWith('/')) {
    if (before) {
      say(
        `${dataset} was mounted before and is now unmounted: mountpoint is ${mountpoint}, canmount ${canmount}`,
      )
    }
    return
  }
  if (keystatus === 'unavailable') {
    say(`${dataset} is not mounted: its key is not loaded (zfs load-key)`)
    return
  }
  try {
    await zfs(mountCommand(dataset).args)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    throw new Z3Error('not-mounted', error.message, {
      hint: `Check what occupies ${mountpoint}, then run: ${renderCommand(mountCommand(dataset))}`,
      cause: error,
    })
  }
}
