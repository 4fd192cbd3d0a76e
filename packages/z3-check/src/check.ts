import { usageError, type Arguments, type Io } from '@z3/cli'
import { checkList } from './check-list.js'
import { spec } from './command-line.js'
import { HashPool } from './hash/hash-pool.js'
import { readList } from './list/read-list.js'
import { readOptions, type CheckOptions } from './read-options.js'
import { Report } from './report.js'
import type { Target } from './target/target.js'
import { useTarget } from './target/use-target.js'
import { writeList } from './write-list.js'

const STDIN = 0

/**
 * Write or check the list of a target.
 *
 * @returns the exit status
 */
export async function check(args: Arguments<typeof spec.options>, io: Io): Promise<number> {
  const options = readOptions(args)
  if (options.check && options.check.file === undefined && io.isTerminal(STDIN)) {
    throw usageError(spec, '--check: standard input is a terminal; use --check FILE, or a pipe')
  }
  const report = new Report(io, {
    target: options.target,
    json: args.json === true,
    quiet: args.quiet === true,
    checks: options.check !== undefined,
  })
  await useTarget(options.target, io, async (target) => {
    const pool = new HashPool()
    try {
      await run(target, options, pool, report, io.signal)
    } finally {
      await pool.close()
    }
  })
  return report.end()
}

async function run(
  target: Target,
  { check: list, settings }: CheckOptions,
  pool: HashPool,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  // ends chunks that are being read
  const stop = () => void pool.close()
  signal.addEventListener('abort', stop)
  try {
    if (list) {
      const lines = readList(list.file, target.kind === 'tree', signal)
      await checkList(target, lines, settings, pool, report, signal)
    } else await writeList(target, settings, pool, report, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
