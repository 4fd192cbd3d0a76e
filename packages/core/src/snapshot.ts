import { Z3Error } from './errors.js'

/** The two parts of the full name of a snapshot. */
export interface SnapshotName {
  /** `pool/fs`, or the pool for its root dataset. */
  readonly dataset: string
  /** What follows the `@`. */
  readonly snapshot: string
}

/** ZFS_MAX_DATASET_NAME_LEN is 256, with the final NUL; of the full name. */
const MAX_NAME = 255
/** ZFS reserves room for `pool/$ORIGIN@$ORIGIN`: pool_namecheck. */
const MAX_POOL = 239
/** All but `valid_char`, and but the `%` that ZFS itself uses (`pool/fs/%recv`). */
const INVALID = /[^-_.:% a-zA-Z0-9]/u
const RESERVED_POOLS = ['mirror', 'raidz', 'draid']

/**
 * Read the name of a snapshot, `pool/fs@snap`, and check it by the rules of
 * OpenZFS 2.x, module/zcommon/zfs_namecheck.c (`snapshot_namecheck`,
 * `entity_namecheck`, `pool_namecheck`). The depth of nesting is not checked:
 * it is a setting of the host.
 *
 * @throws Z3Error `invalid-name`
 */
export function parseSnapshotName(text: string): SnapshotName {
  const [dataset = '', snapshot, ...more] = text.split('@')
  if (snapshot === undefined) throw invalid('snapshot', text, "it has no '@'")
  if (more.length > 0) throw invalid('snapshot', text, "it has more than one '@'")
  const problem = lengthProblem(text) ?? datasetProblem(dataset) ?? snapshotProblem(snapshot)
  if (problem !== undefined) throw invalid('snapshot', text, problem)
  return { dataset, snapshot }
}

/** Write a snapshot's full name: `pool/fs@snap`. */
export function formatSnapshotName(name: SnapshotName): string {
  return `${name.dataset}@${name.snapshot}`
}

/**
 * Check the name of a dataset, `pool/fs`, by the same rules.
 *
 * @throws Z3Error `invalid-name`
 */
export function checkDatasetName(text: string): void {
  const problem = lengthProblem(text) ?? datasetProblem(text)
  if (problem !== undefined) throw invalid('dataset', text, problem)
}

function lengthProblem(text: string): string | undefined {
  // characters equal bytes, since names are ASCII
  return text.length > MAX_NAME ? `it is longer than ${String(MAX_NAME)} characters` : undefined
}

function datasetProblem(dataset: string): string | undefined {
  const components = dataset.split('/')
  const [pool = ''] = components
  return first(components, componentProblem) ?? poolProblem(pool)
}

function snapshotProblem(snapshot: string): string | undefined {
  return snapshot.includes('/') ? "it has a '/' after the '@'" : componentProblem(snapshot)
}

function componentProblem(component: string): string | undefined {
  if (component === '') return 'a part of it is empty'
  if (component === '.' || component === '..') {
    return `a part of it is '${component}'`
  }
  const bad = INVALID.exec(component)
  return bad ? `it has the character ${JSON.stringify(bad[0])}` : undefined
}

function poolProblem(pool: string): string | undefined {
  if (!/^[a-zA-Z]/.test(pool)) return 'its pool does not begin with a letter'
  if (pool.includes('%')) return "its pool has the character '%'"
  if (RESERVED_POOLS.includes(pool)) return `'${pool}' is a reserved pool name`
  return pool.length > MAX_POOL
    ? `its pool is longer than ${String(MAX_POOL)} characters`
    : undefined
}

function first(
  items: readonly string[],
  check: (item: string) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = check(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

function invalid(what: 'snapshot' | 'dataset', text: string, problem: string): Z3Error {
  return new Z3Error('invalid-name', `invalid ${what} name ${JSON.stringify(text)}: ${problem}`, {
    hint:
      what === 'snapshot'
        ? 'Write pool/dataset@snapshot in letters, digits, spaces and any of - _ . : as ZFS does.'
        : 'Write pool/dataset in letters, digits, spaces and any of - _ . : as ZFS does.',
  })
}
