import type { StatusRow, StatusSummary } from '@z3/core'

/** A command for a problem. */
export interface Remedy {
  readonly purpose: string
  /** Arguments of z3. */
  readonly words: readonly string[]
}

/** What is known of a dataset with problems. */
interface Findings {
  readonly dataset: string
  readonly rows: readonly StatusRow[]
  readonly summary: StatusSummary
  readonly problems: readonly string[]
  readonly isHere: boolean | undefined
}

/** The commands that show the cause of the problems of a dataset, and end them. */
export function findRemedies(findings: Findings): readonly Remedy[] {
  const { dataset, rows, summary, problems, isHere } = findings
  if (problems.length === 0) return []
  const where = isHere === true ? '' : ', on the host that has the dataset'
  const stored = rows.filter((row) => row.stored)
  const isNewestBad = summary.objects > 0 && stored.at(-1)?.health !== 'ok'
  const hasFault = stored.some(({ health }) => health === 'damaged' || health === 'unreadable')
  const remedies: Remedy[] = []
  const add = (purpose: string, ...words: readonly string[]) => {
    remedies.push({ purpose, words: [...words, dataset] })
  }
  if (summary.unhealthy > 0) add('Show what is not healthy, and why', 'status', '--check')
  if (hasFault) add('Read the objects and check them', 'verify')
  if (isNewestBad) add(`Start a new chain${where}`, 'backup', '--full')
  else if (summary.unhealthy === 0) add(`Back up what is missing${where}`, 'backup')
  return remedies
}

/** For a dataset whose objects cannot be read. */
export function remedyOfFailure(dataset: string): Remedy {
  return {
    purpose: 'Check this host, the configuration and the bucket',
    words: ['doctor', dataset],
  }
}

/** Options that decide which store the page is about: its commands repeat them. */
const REPEATED = ['config', 'bucket', 'endpoint', 's3-prefix'] as const

/** The arguments of a command that is about the same store. */
export function commandOf(
  [command = '', ...words]: readonly string[],
  args: Readonly<Record<string, unknown>>,
): readonly string[] {
  const options = REPEATED.flatMap((name) => {
    const value = args[name]
    return typeof value === 'string' ? [`--${name}`, value] : []
  })
  return [command, ...options, ...words]
}
