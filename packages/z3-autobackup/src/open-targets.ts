import { Z3Error } from '@z3/core'
import { chooseLine } from '@z3/replicate'
import type { Place } from '@z3/zfs'
import { readTarget, type Target } from './read-target.js'
import type { Open, Side } from './side.js'
import type { World } from './world.js'

/** A target, or why there is none. */
export interface Opened {
  readonly place: Place
  readonly target: Target | undefined
  readonly error: Z3Error | undefined
}

/**
 * Look at all targets before anything is changed. A host that cannot be reached
 * is no reason to take no snapshots; a target that is not there is one, when it
 * is the only one.
 */
export async function openTargets(
  source: Side,
  world: World,
  open: Open,
): Promise<readonly Opened[]> {
  const { options } = world
  const several = options.targets.length > 1
  const opened: Opened[] = []
  for (const [index, place] of options.targets.entries()) {
    const label = several ? `[Target ${String(index + 1)}]` : '[Target]'
    try {
      const side = await open(label, place.target)
      const target = await readTarget(side, place.dataset, options.names.isOurs)
      // a filter that is missing fails no dataset: nothing has begun yet
      if (options.send) {
        const hosts = { source: source.host, target: side.host, here: side.host }
        await chooseLine(options.line, hosts)
      }
      opened.push({ place, target, error: undefined })
    } catch (error) {
      world.signal.throwIfAborted()
      if (!(error instanceof Z3Error)) throw error
      if (!several && error.code !== 'ssh-failed') throw error
      opened.push({ place, target: undefined, error })
    }
  }
  return opened
}
