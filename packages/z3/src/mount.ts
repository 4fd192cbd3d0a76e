import { Z3Error, type Command } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { getProperties, type Run } from '@z3/zfs'

/** How a dataset is mounted. */
export function mountCommand(dataset: string): Command {
  return { file: 'zfs', args: ['mount', dataset] }
}

/**
 * Mount what was restored, where `zfs receive` would have: a filesystem that
 * has a mount point and is to be mounted.
 *
 * @param say told why it is not
 * @throws Z3Error `not-mounted`
 */
export async function mountRestored(
  zfs: Run,
  dataset: string,
  say: (line: string) => void,
): Promise<void> {
  const { type, canmount, mountpoint, mounted, keystatus } =
    await getProperties(zfs, dataset, [
      'type',
      'canmount',
      'mountpoint',
      'mounted',
      'keystatus',
    ])
  if (type !== 'filesystem' || mounted === 'yes') return
  if (canmount !== 'on' || !mountpoint?.startsWith('/')) return
  if (keystatus === 'unavailable') {
    say(`${dataset} is not mounted: its key is not loaded (zfs load-key)`)
    return
  }
  try {
    await zfs(mountCommand(dataset).args)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Z3Error(
      'not-mounted',
      `${dataset} is restored whole, but cannot be mounted: ${why}`,
      {
        hint: `See what is in the way at ${mountpoint}, then: ${renderCommand(mountCommand(dataset))}`,
        cause,
      },
    )
  }
}
