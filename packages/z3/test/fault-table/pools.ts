import { runBinary, type HostPool } from '@z3/fixtures'
import { ssh } from '../../../z3-ssh-sync/test/setup.js'
import type { Scene } from './case.js'
import type { Lane } from './lane.js'
import { dropBookmarks, ENCRYPTED, PLAIN, replace, resetObjects, type Seeds } from './stores.js'
import type { Subject } from './subject.js'

/** Datasets and snapshots below one, but for the source, by name: their guids. */
const look = async (pool: HostPool, root: string): Promise<ReadonlyMap<string, string>> => {
  const text = await pool.must(
    'zfs list -Hp -t filesystem,snapshot -r -o name,guid,receive_resume_token -s createtxg "$ROOT"',
    { ROOT: root },
  )
  const rows = text.split('\n').flatMap((line) => {
    const [name = '', guid = '', token = '-'] = line.split('\t')
    const isOurs = name.startsWith(`${root}/`) && !/\/data(@|$)/.test(name)
    // what has begun to arrive, and can be resumed
    const isBegun = token.startsWith('1-') && !text.includes(`${name}@`)
    return !isOurs || isBegun ? [] : [[name, guid] as const]
  })
  return new Map(rows)
}

/**
 * @param guids of the snapshots that may be there, by what follows the `@`
 * @returns what is wrong with a dataset or snapshot
 */
const damageIn = async (
  pool: HostPool,
  name: string,
  found: ReadonlyMap<string, string>,
  guids: ReadonlyMap<string, string>,
  sums: string,
): Promise<string | undefined> => {
  const [dataset = '', snapshot] = name.split('@')
  if (snapshot === undefined) {
    return [...found.keys()].some((one) => one.startsWith(`${name}@`))
      ? undefined
      : 'an empty dataset'
  }
  if (found.get(name) !== guids.get(snapshot)) return 'another snapshot'
  if (snapshot !== 'b') return undefined
  const sum = await pool.must(
    'zfs mount "$D" 2> /dev/null || :; "$RUN" sh -c \'cd "/$1/.zfs/snapshot/b" && sha256sum f g\' sh "$D"',
    { D: dataset },
  )
  return sum === sums ? undefined : 'other contents'
}

/** Checksums of the files of the source. */
export const sumsOf = ({ here, root }: Lane): Promise<string> =>
  here.must('"$RUN" sh -c \'cd "/$1/.zfs/snapshot/b" && sha256sum f g\' sh "$D"', {
    D: `${root}/data`,
  })

/** A dataset that has a part of the source, or none. */
const resetDataset = (pool: HostPool, dataset: string, base: 'none' | 'a' | 'other') =>
  pool.must(
    `for old in $(zfs list -H -o name -r "\${DATASET%/*}" | grep "^$DATASET\\(\\.\\|/\\|\\$\\)"); do
       if [ "$BASE" = a ] && [ "$old" = "$DATASET" ]; then
         zfs receive -A "$old" 2> /dev/null || :
         zfs rollback -r "$old@a"
       elif zfs list "$old" > /dev/null 2>&1; then zfs destroy -r "$old"; fi
     done
     if [ "$BASE" = other ]; then zfs create "$DATASET"; zfs snapshot "$DATASET@other"; fi`,
    { DATASET: dataset, BASE: base },
  )

/** Less room below a dataset than a stream takes. */
const tighten = (pool: HostPool, root: string) =>
  pool.must('zfs set quota=$(( $(zfs get -Hp -o value used "$ROOT") + 60000 )) "$ROOT"', {
    ROOT: root,
  })

const relieve = (pool: HostPool, root: string) =>
  pool.must('zfs set quota=none "$ROOT"', { ROOT: root })

const RESTORE_SCENES: Partial<
  Record<Scene, { readonly into: string; readonly base: 'none' | 'a' | 'other' }>
> = {
  'restore: new': { into: 'new', base: 'none' },
  'restore: encrypted': { into: 'new', base: 'none' },
  'restore: increment': { into: 'older', base: 'a' },
  'restore: replacing': { into: 'old', base: 'other' },
}

export interface Known {
  readonly guids: ReadonlyMap<string, string>
  readonly sums: string
}

/** A restore from the bucket into a pool. */
export const restoreSubject = (
  lane: Lane,
  scene: Scene,
  seeds: Seeds,
  { guids, sums }: Known,
  etags: Map<string, string>,
  isTight: boolean,
): Subject => {
  const found = RESTORE_SCENES[scene]
  if (!found) throw new Error(scene)
  const { into, base } = found
  const { here, root } = lane
  const dataset = `${root}/data`
  const target = `${root}/${into}`
  const prefix = scene === 'restore: encrypted' ? ENCRYPTED : PLAIN
  const key = `${prefix}${dataset}@${base === 'a' ? 'b' : 'a'}`
  const args = [
    ...['restore', `${dataset}@b`, '--into', target],
    ...(base === 'other' ? ['--force'] : []),
  ]
  // ranges of which an object has several
  const env = { S3_PREFIX: prefix, CHUNK_SIZE: '100K' }
  return {
    binary: 'z3',
    args,
    env,
    reset: async () => {
      await resetObjects(lane, seeds, etags)
      await resetDataset(here, target, base)
      if (isTight) await tighten(here, root)
    },
    relieve: () => relieve(here, root),
    look: () => look(here, root),
    wanted: [`${target}@a`, `${target}@b`],
    ...(base === 'other' ? { renames: true as const } : {}),
    // a chain is received one whole snapshot after the other
    mayStand: () => true,
    damage: async (name) => {
      const isTarget = [target, `${target}.z3-restore`].some(
        (one) => name === one || name.startsWith(`${one}@`),
      )
      const there = await look(here, root)
      if (isTarget) return damageIn(here, name, there, guids, sums)
      return /\.z3-replaced-\w+(@other)?$/.test(name) ? undefined : 'it is none of this restore'
    },
    pending: () => Promise.resolve([]),
    deeds: {
      'deletes the object': () => lane.bucket.remove(key),
      'replaces the object': () => replace(lane, key),
      'runs the same command': () => runBinary('z3', args, { env: { ...lane.env, ...env } }),
    },
  }
}

/** z3-ssh-sync from one host to the other, or back. */
export const syncSubject = (
  lane: Lane,
  scene: Scene,
  { guids, sums }: Known,
  isTight: boolean,
): Subject => {
  const { here, there, root, thereRoot } = lane
  const isPull = scene === 'sync: pull'
  const base = scene === 'sync: push increment' ? 'a' : 'none'
  const [pool, below] = isPull ? [here, root] : [there, thereRoot]
  const target = `${below}/${base === 'a' ? 'synced' : isPull ? 'pulled' : 'pushed'}`
  const args = [
    ...ssh(there.host),
    ...(isPull
      ? ['--pull', '--dataset', target, '--remote-dataset', `${thereRoot}/data`]
      : ['--dataset', `${root}/data`, '--remote-dataset', target]),
    `root@${there.host.address}`,
  ]
  return {
    binary: 'z3-ssh-sync',
    args,
    env: {},
    reset: async () => {
      await resetDataset(pool, target, base)
      await dropBookmarks(lane)
      if (isTight) await tighten(pool, below)
    },
    relieve: () => relieve(pool, below),
    look: () => look(pool, below),
    wanted: [`${target}@b`],
    mayStand: () => true,
    damage: async (name) =>
      name === target || name.startsWith(`${target}@`)
        ? damageIn(pool, name, await look(pool, below), guids, sums)
        : 'it is none of this run',
    pending: () => Promise.resolve([]),
    deeds: {
      'runs the same command': () => runBinary('z3-ssh-sync', args, { env: lane.env }),
    },
  }
}

/** The datasets that increments go to, and those of the other host that are pulled. */
export const makeTargets = async (lane: Lane): Promise<void> => {
  const { here, there, root, thereRoot } = lane
  await here.must('zfs send "$D/data@a" | zfs receive "$D/older"', { D: root })
  for (const [name, snapshot] of [
    ['data', 'b'],
    ['synced', 'a'],
  ] as const) {
    const args = [
      ...[...ssh(there.host), '--snapshot', snapshot],
      ...['--dataset', `${root}/data`, '--remote-dataset', `${thereRoot}/${name}`],
      `root@${there.host.address}`,
    ]
    const { code, stderr } = await runBinary('z3-ssh-sync', args, { env: lane.env })
    if (code !== 0) throw new Error(stderr)
  }
}
