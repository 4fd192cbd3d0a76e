import { checkDatasetName, describePrefixes, groupByPrefix, Z3Error } from '@z3/core'
import { listSnapshots, type Run } from '@z3/zfs'
import { chooseDatasets } from '../backup/choose-datasets.js'
import type { SourceAnswers } from './answers.js'
import { askSetting, type Given } from './given.js'
import type { Prompter } from './prompt.js'

/** The datasets, and the names of their snapshots. */
interface Source extends Pick<SourceAnswers, 'datasets' | 'select'> {
  readonly names: readonly string[]
}

/**
 * Settle what is backed up: datasets that exist, and a prefix that their snapshots have.
 *
 * @param say told that there are no snapshots yet
 * @throws Z3Error `no-such-dataset`, `no-such-snapshot`, `invalid-name`, of zfs
 */
export async function settleSource(
  given: Given,
  prompter: Prompter | undefined,
  zfs: Run,
  say: (line: string) => void,
): Promise<SourceAnswers> {
  const source =
    given.datasets.length > 0 || given.select !== undefined || !prompter
      ? await readSource(zfs, given.datasets, given.select)
      : await askDatasets(zfs, prompter)
  const { datasets, select, names } = source
  const prefix = given.has('SNAPSHOT_PREFIX')
    ? given.settings.SNAPSHOT_PREFIX
    : await askPrefix(names, given, prompter)
  if (names.length === 0) {
    say('there are no snapshots yet: take one before the first backup')
  } else if (!names.some((name) => name.startsWith(prefix))) {
    throw new Z3Error('no-such-snapshot', `no snapshot begins with '${prefix}'`, {
      hint: describePrefixes(datasets[0] ?? '', names),
    })
  }
  return { datasets, select, prefix }
}

async function readSource(
  zfs: Run,
  operands: readonly string[],
  select: string | undefined,
): Promise<Source> {
  operands.forEach(checkDatasetName)
  const datasets = await chooseDatasets({ operands, select }, zfs)
  const names: string[] = []
  for (const dataset of datasets) {
    for (const { snapshot } of await listSnapshots(zfs, dataset)) names.push(snapshot)
  }
  return { datasets, select, names }
}

async function askDatasets(zfs: Run, prompter: Prompter): Promise<Source> {
  const listed = await zfs(['list', '-H', '-o', 'name', '-d', '1', '-t', 'filesystem,volume'])
  prompter.say('Pools and their datasets, first level:')
  const shown = listed.trimEnd().split('\n').slice(0, MOST_LISTED)
  for (const name of shown) prompter.say(`  ${name}`)
  for (;;) {
    const answer = await prompter.ask(
      'Datasets to back up (a, b), or a property (autobackup:offsite1)',
    )
    const words = answer
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
    const [first] = words
    if (first === undefined) continue
    const isProperty = words.length === 1 && first.includes(':') && !first.includes('/')
    try {
      return await readSource(zfs, isProperty ? [] : words, isProperty ? first : undefined)
    } catch (error) {
      if (!(error instanceof Z3Error)) throw error
      prompter.say(`${error.message}${error.hint === undefined ? '' : `. ${error.hint}`}`)
    }
  }
}

const MOST_LISTED = 20

async function askPrefix(
  names: readonly string[],
  given: Given,
  prompter: Prompter | undefined,
): Promise<string> {
  const groups = groupByPrefix(names).slice(0, MOST_LISTED)
  if (groups.length === 0 || !prompter) {
    const question = 'Prefix of the names of the snapshots to back up'
    const fallback = given.settings.SNAPSHOT_PREFIX
    return (await askSetting('SNAPSHOT_PREFIX', given, prompter, { question, fallback })) ?? ''
  }
  return prompter.choose('Which snapshots are backed up?', [
    ...groups.map(({ prefix, count }) => ({
      value: prefix,
      text: prefix === '' ? `all snapshots` : `${prefix}… (${String(count)})`,
    })),
    ...(groups.some(({ prefix }) => prefix === '') ? [] : [{ value: '', text: 'all snapshots' }]),
  ])
}
