import { EXIT, formatSnapshotName, Z3Error, type Command, type SnapshotName } from '@z3/core'
import { PipelineError, runPipeline } from '@z3/pipeline'
import type { Host } from '@z3/zfs'
import type { World } from '../world.js'

/**
 * Compare the contents of two snapshots by z3-check on both hosts: one writes the checksums, the
 * other compares them.
 *
 * @throws Z3Error `program-missing`: z3-check is not installed on a host; `checksum-mismatch`;
 *   `stage-failed`, `ssh-failed`
 */
export async function compareContents(
  source: Host,
  snapshot: SnapshotName,
  target: Host,
  copy: SnapshotName,
  { env, signal }: World,
): Promise<void> {
  for (const host of [source, target]) {
    if (await host.hasProgram('z3-check')) continue
    throw new Z3Error('program-missing', `no such program on ${host.title}: 'z3-check'`, {
      hint: 'Install the toolkit there, or omit --data.',
    })
  }
  const check = (name: SnapshotName, ...args: readonly string[]): Command => ({
    file: 'z3-check',
    args: ['--quiet', formatSnapshotName(name), ...args],
  })
  const stages = [...source.stages([check(snapshot)]), ...target.stages([check(copy, '--check')])]
  try {
    await runPipeline(stages, { env, signal, captureStdout: true })
  } catch (error) {
    const [writer, reader] = error instanceof PipelineError ? error.stages : []
    const isWritten = writer?.status.kind === 'exited' && writer.status.code === EXIT.ok
    const hasFound = reader?.status.kind === 'exited' && reader.status.code === EXIT.integrity
    if (isWritten && hasFound) {
      throw new Z3Error(
        'checksum-mismatch',
        `differs: the contents of ${formatSnapshotName(snapshot)} and ${formatSnapshotName(copy)}: ${reader.stderr.at(-1) ?? ''}`,
        { hint: 'Run z3-check on both hosts to see the differences.', cause: error },
      )
    }
    throw (await source.lost()) ?? (await target.lost()) ?? error
  }
}
