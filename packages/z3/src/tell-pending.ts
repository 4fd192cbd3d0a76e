import type { Context } from './context.js'
import { untilAborted } from './until-aborted.js'

/** What dead runs have left costs money and cannot be seen: say that it is there. */
export async function tellPending(
  { place: { store, prefix, dataset }, say, tell }: Context,
  signal: AbortSignal,
): Promise<void> {
  let pending = 0
  try {
    const uploads = store.listUploads(`${prefix}${dataset}@`, signal)
    for await (const { key } of untilAborted(signal, uploads)) {
      tell(`pending upload: ${key}`)
      pending += 1
    }
  } catch (error) {
    signal.throwIfAborted()
    // a backup does not need the permission to list them
    const why = error instanceof Error ? error.message : String(error)
    tell(`pending uploads cannot be listed: ${why}`)
  }
  if (pending > 0) {
    say(
      `${String(pending)} unfinished ${pending === 1 ? 'upload' : 'uploads'} of ${dataset} ${pending === 1 ? 'is' : 'are'} pending, of runs that died or are at work elsewhere; see z3 cleanup`,
    )
  }
}
