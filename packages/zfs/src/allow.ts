import { isWithin } from '@z3/core'
import { parseReceiveOptions } from './stream/receive.js'

/** The parent dataset; undefined for a pool. */
export function parentOf(dataset: string): string | undefined {
  const at = dataset.lastIndexOf('/')
  return at < 0 ? undefined : dataset.slice(0, at)
}

/**
 * The `zfs allow` command that root can run to permit the zfs command that was denied. Permissions
 * as in zfs-allow(8), tested with OpenZFS 2.3. Undefined for a command that needs no permission or
 * that we do not run.
 *
 * @param args of the denied command
 */
export function allowCommand(args: readonly string[], user: string): string | undefined {
  const [command = '', ...words] = args
  const target = words.at(-1)?.split(/[@#]/)[0]
  if (target === undefined) return undefined
  switch (command) {
    case 'send':
      // a resume token does not name the snapshot
      if (words.includes('-t')) return undefined
      // zfs send holds the snapshots of a replication package while it sends them
      return allow(
        words.includes('-I') || words.includes('-R') ? ['send', 'hold'] : ['send'],
        target,
      )
    case 'receive':
      // zfs destroys the partially received snapshot
      if (words[0] === '-A') return allow(['destroy', 'mount'], target)
      // the dataset may not exist yet
      return allow(receivePermissions(words), parentOf(target) ?? target)
    case 'rename': {
      const from = words.at(-2) ?? target
      return allow(['rename', 'create', 'mount'], commonParent(from, target))
    }
    case 'create':
      return allow(['create', 'mount', 'canmount'], parentOf(target) ?? target)
    case 'rollback':
      return allow(words.includes('-r') ? ['rollback', 'destroy', 'mount'] : ['rollback'], target)
    case 'snapshot': {
      const datasets = words
        .filter((word, at) => word !== '-o' && words[at - 1] !== '-o')
        .map((name) => name.replace(/@.*/, ''))
      const permissions = words.includes('-o')
        ? ['snapshot', 'mount', 'userprop']
        : ['snapshot', 'mount']
      return allow(permissions, aboveAll(datasets, target))
    }
    case 'bookmark':
    case 'destroy':
    case 'diff':
    case 'hold':
    case 'release':
      return allow([command], target)
    default:
      return undefined
  }

  function allow(permissions: readonly string[], dataset: string): string {
    return `zfs allow -u ${user} ${permissions.join(',')} ${quote(dataset)}`
  }
}

function receivePermissions(words: readonly string[]): readonly string[] {
  const options = parseReceiveOptions(words.slice(0, -1))
  const properties = options.flatMap(({ letter, value = '' }) => {
    const [property = ''] = value.split('=')
    if (letter === '' || property === '' || property === 'origin') return []
    return [property.includes(':') ? 'userprop' : property]
  })
  const force = options.some(({ letter }) => letter === 'F')
  return [...new Set(['receive', 'create', 'mount', ...(force ? ['rollback'] : []), ...properties])]
}

/** The closest common ancestor. */
function commonParent(one: string, other: string): string {
  let parent = parentOf(one) ?? one
  while (!other.startsWith(`${parent}/`)) {
    const above = parentOf(parent)
    if (above === undefined) break
    parent = above
  }
  return parent
}

/** The closest dataset that is one of them and contains all others, or contains them all. */
function aboveAll(datasets: readonly string[], one: string): string {
  let top = one
  while (!datasets.every((dataset) => isWithin(dataset, top))) {
    const above = parentOf(top)
    if (above === undefined) break
    top = above
  }
  return top
}

/** Quotes for a shell; a valid dataset name contains no quote. */
function quote(dataset: string): string {
  return dataset.includes(' ') ? `'${dataset}'` : dataset
}
