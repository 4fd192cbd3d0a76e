import { Z3Error } from '@z3/core'
import type { Log } from './log.js'
import type { Side } from './side.js'

/**
 * Mount a filesystem that has just been received for the first time, as `zfs
 * mount -a` would at the next boot. Not where it has brought its own mountpoint
 * along: that may be `/` of the host that it comes from.
 */
export async function mountNew(
  { label, read, change }: Side,
  dataset: string,
  log: Log,
): Promise<void> {
  const text = await read([
    ...['get', '-Hp', '-o', 'property,value,source'],
    // an older zfs does not know all that is asked for by name
    ...['all', dataset],
  ])
  const all = new Map(
    text.split('\n').map((line) => {
      const [property = '', value = '', source = ''] = line.split('\t')
      return [property, { value, source }] as const
    }),
  )
  const value = (property: string): string => all.get(property)?.value ?? '-'
  const mountable =
    value('type') === 'filesystem' &&
    value('canmount') === 'on' &&
    value('mounted') === 'no' &&
    !['legacy', 'none'].includes(value('mountpoint')) &&
    value('keystatus') !== 'unavailable'
  if (!mountable) return
  if (all.get('mountpoint')?.source === 'received') {
    log.note(
      `${label} ${dataset}: not mounted, its mountpoint comes from the source: ${value('mountpoint')}; the next boot of that host mounts it there (--clear-mountpoint)`,
    )
    return
  }
  // zfs upgrades what it has encrypted itself at the first mount, and takes that
  // for a change: the next increment would be refused (OpenZFS 2.3)
  const readOnly = value('encryption') !== '-' && value('encryption') !== 'off'
  log.verbose(`${label} ${dataset}: mounting${readOnly ? ' read-only, since it is encrypted' : ''}`)
  try {
    await change(['mount', ...(readOnly ? ['-o', 'ro'] : []), dataset])
  } catch (error) {
    // it has arrived all the same: only root may mount on Linux
    if (!(error instanceof Z3Error)) throw error
    log.note(`${label} ${dataset}: not mounted: ${error.message}`)
  }
}
