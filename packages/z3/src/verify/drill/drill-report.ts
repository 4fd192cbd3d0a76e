import { printable, type Io } from '@z3/cli'
import { EXIT, humanSize } from '@z3/core'
import { renderTable } from '../../status/render-table.js'
import type { DrillResult } from './drill.js'

/**
 * Print what a drill has shown.
 *
 * @param name of the dataset that was restored into
 * @param skipped snapshots that --max-time has left for a later run
 * @returns the exit status
 */
export function reportDrill(
  results: readonly DrillResult[],
  {
    name,
    skipped,
    args,
    io,
  }: {
    readonly name: string
    readonly skipped: number
    readonly args: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined }
    readonly io: Io
  },
): number {
  const bad = results.filter(({ result }) => result !== 'ok')
  io.facts?.count('failedDatasets', bad.length)
  // --max-time was over before the first: nothing was shown
  const isEmpty = results.length === 0 && skipped > 0
  if (args.json) {
    const status = bad.length > 0 || isEmpty ? 'doubt' : 'success'
    const report = { status, drill: name, skipped, restored: drillJson(results) }
    io.stdout.write(`${JSON.stringify(report)}\n`)
  } else if (!args.quiet) {
    const rows = results.map((one) => [
      nameOf(one),
      'drill',
      one.result,
      humanSize(one.bytes),
      String(one.objects),
    ])
    io.stdout.write(`${renderTable(['NAME', 'LEVEL', 'RESULT', 'READ', 'OBJECTS'], rows)}\n`)
    const restored = String(results.length - bad.length)
    io.stderr.write(
      `z3: ${restored} restored and destroyed again, ${String(bad.length)} with a problem, ${String(skipped)} left for a later run\n`,
    )
  }
  for (const one of bad) {
    const { result, reason = '' } = one
    io.stderr.write(`z3: ${printable(`${nameOf(one)}: ${result}: ${reason}`)}\n`)
  }
  if (isEmpty) io.stderr.write('z3: nothing was restored: --max-time was over\n')
  return bad.length > 0 || isEmpty ? EXIT.integrity : EXIT.ok
}

/** For `--json`. */
export function drillJson(results: readonly DrillResult[]): readonly object[] {
  return results.map((one) => ({ name: nameOf(one), ...one }))
}

function nameOf({ dataset, snapshot }: DrillResult): string {
  return snapshot === undefined ? dataset : `${dataset}@${snapshot}`
}
