import type { Command } from '@z3/core'
import { snapshotArguments, type Host } from '@z3/zfs'
import { renderPipeline } from '@z3/pipeline'
import type { SnapPlan } from './plan.js'
import type { SnapOptions } from './read-options.js'

/** The commands that a plan runs, each as a line to paste. */
export function commandsOf(
  { pools }: SnapPlan,
  { pre, post, properties }: SnapOptions,
  host: Host,
): readonly string[] {
  if (pools.length === 0) return []
  const commands: readonly Command[] = [
    ...pre,
    ...pools.map(({ names }) => ({
      file: 'zfs',
      args: snapshotArguments(names, properties),
    })),
    ...post,
  ]
  return commands.map((command) => renderPipeline(host.shown([command])))
}
