import { Z3Error, type Command } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { getProperties, getPropertiesOf, type Run } from '@z3/zfs'

/** How a dataset is mounted. */
export function mountCommand(dataset: string): Command {
  return { file: 'zfs', args: ['mount', dataset] }
}

/**
 * Which of a dataset and those below it are mounted. A full stream with
 * `zfs receive -F` unmounts them all, and with -u leaves them so.
 */
export async function listMounted(zfs: Run, dataset: string): Promise<readonly string[]> {
  const all = await getPropertiesOf(zfs, [dataset], ['mounted'], true)
  return [...all].flatMap(([name, { mounted }]) => (mounted === 'yes' ? [name] : []))
}

/**
 * Mount what was restored, where `zfs receive` would have, a filesystem that
 * has a mount point and is to be mounted, and what was mounted before.
 *
 * @param before what was mounted, of it and below it
 * @param say told why something is not
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
      `${dataset} is restored whole, but cannot be mounted: ${error.message}`,
      { hint: error.hint, cause: error },
    )
  }
  // what is above comes before what is in it
  for (const name of before) {
    if (name !== dataset) await mountOne(zfs, name, true, say)
  }
}

/**
 * With --unmounted: the dataset stays as it was received, what is below it is
 * mounted again.
 *
 * @param before what was mounted, of it and below it
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
    say(`${dataset} was mounted and is not mounted now (--unmounted)`)
  }
}

/**
 * After a failure: mount again what a receive has unmounted. Nothing is thrown,
 * since the failure is what is to be told.
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
      say(`${name} was mounted and is not mounted now: ${why}`)
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
        `${dataset} was mounted and is not mounted now: mountpoint is ${mountpoint}, canmount ${canmount}`,
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
      hint: `See what is in the way at ${mountpoint}, then: ${renderCommand(mountCommand(dataset))}`,
      cause: error,
    })
  }
}
