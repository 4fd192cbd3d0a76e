import type { Ended } from './faulty-run.js'
import {
  type Act,
  checkKept,
  checkPending,
  findDamage,
  isTold,
  outcome,
  runOn,
  stored,
  type Below,
  type World,
} from './world.js'

const DATASETS = ['data', 'more'] as const

export const leaf = (below: Below) => DATASETS[below(DATASETS.length)] ?? 'data'

export const keyOf = (name: string) => `z3-backup/${name}`

/** Name and guid of each snapshot, oldest first. */
export const snapshots = async ({ pool }: World, dataset: string): Promise<Map<string, string>> => {
  const text = await pool.must(
    'zfs list -Hp -t snapshot -d 1 -o name,guid -s createtxg "$DATASET" 2> /dev/null || :',
    { DATASET: dataset },
  )
  const rows = text.split('\n').flatMap((line) => {
    const [name = '', guid = ''] = line.split('\t')
    return name === '' ? [] : [[name.slice(name.indexOf('@') + 1), guid] as const]
  })
  return new Map(rows)
}

/** Change some data of a dataset, take a snapshot and back up. */
export const backUp: Act = async (world, plan, below, run) => {
  const dataset = `${world.pool.name}/${leaf(below)}`
  await change(world, dataset, below, run)
  const before = await stored(world)
  const args = ['backup', dataset, ...(below(8) === 0 ? ['--full'] : [])]
  const env = { COMPRESSOR: below(2) === 0 ? 'none' : 'pigz1', ...fullCache(world, below) }
  const ended = await runOn(world, 'z3', args, plan, { env })
  world.tally.count('z3 backup', outcome(ended))
  await judgeBackup(world, dataset, [ended], before, run)
}

/** Two of them at once on one dataset. */
export const backUpTwice = async (world: World, below: Below, run: number): Promise<void> => {
  const dataset = `${world.pool.name}/${leaf(below)}`
  await change(world, dataset, below, run)
  const before = await stored(world)
  const nothing = { kind: 'nothing' } as const
  const both = await Promise.all([0, 1].map(() => runOn(world, 'z3', ['backup', dataset], nothing)))
  for (const ended of both) world.tally.count('z3 backup, two at once', outcome(ended))
  if (!both.some(({ code }) => code === 0)) {
    world.tally.breach(
      'failure without a fault',
      `run ${String(run)}: two backups at once: ${both.map(({ stderr }) => stderr).join('; ')}`,
    )
  }
  await judgeBackup(world, dataset, both, before, run)
}

const fullCache = ({ small, tally }: World, below: Below): Readonly<Record<string, string>> => {
  if (below(6) > 0) return {}
  tally.fault('disk full under the cache')
  return { XDG_CACHE_HOME: `${small}/full` }
}

const change = (world: World, dataset: string, below: Below, run: number) =>
  world.pool.must(
    `"$RUN" sh -c 'head -c "$2" /dev/urandom > "$1"' sh "/$DATASET/f$FILE" "$BYTES"; zfs snapshot "$DATASET@s$NTH"`,
    {
      DATASET: dataset,
      FILE: String(run % 3),
      BYTES: String([below(2000), below(1_000_000), 3_000_000 + below(5_000_000)][below(3)]),
      NTH: String(run),
    },
  )

const judgeBackup = async (
  world: World,
  dataset: string,
  runs: readonly Ended[],
  before: ReadonlyMap<string, string>,
  run: number,
): Promise<void> => {
  const { tally, whole } = world
  const what = `run ${String(run)}: z3 backup ${dataset}`
  const after = await stored(world)
  checkKept(world, what, before, after)
  const here = await snapshots(world, dataset)
  const succeeded = runs.some(({ code }) => code === 0)
  const said = runs.map(({ stdout, stderr }) => `${String(stdout)}${stderr}`).join('\n')
  for (const [key, etag] of after) {
    if (whole.get(key) === etag || !key.startsWith(keyOf(`${dataset}@`))) continue
    const name = key.slice(key.indexOf('@') + 1).replace(/\.full$/, '')
    const damage = await findDamage(world, key, here.get(name) ?? 'nothing here')
    if (damage !== undefined) {
      tally.breach(succeeded ? 'false success' : 'untold object', `${what}: ${key}: ${damage}`)
    } else whole.set(key, etag)
    const isNamed = runs.some(({ stdout }) => String(stdout).includes(`@${name}: `))
    if (!before.has(key) && !succeeded && !isNamed && !runs.some(isTold)) {
      tally.breach('untold object', `${what}: ${key} stands: ${said}`)
    }
  }
  const newest = [...here.keys()].at(-1) ?? ''
  const key = keyOf(`${dataset}@${newest}`)
  if (succeeded && !after.has(key) && !after.has(`${key}.full`)) {
    tally.breach('false success', `${what}: ${key} is not there`)
  }
  for (const { code, undisturbed } of runs) {
    if (runs.length === 1 && undisturbed && code !== 0) {
      tally.breach('failure without a fault', `${what}: ${String(code)} ${said}`)
    }
  }
  await checkPending(world, what)
}

/** Restore what is stored of a dataset into another one. */
export const restore: Act = async (world, plan, below, run) => {
  const { pool, tally } = world
  const name = leaf(below)
  const source = `${pool.name}/${name}`
  const parent = `${pool.name}/back`
  const target = `${parent}/${name}`
  const here = await snapshots(world, source)
  const inStore = await stored(world)
  const wanted = [...here.keys()].reverse().find((one) => inStore.has(keyOf(`${source}@${one}`)))
  if (wanted === undefined) return
  const what = `run ${String(run)}: z3 restore ${source}@${wanted}`
  if (below(3) > 0) await pool.shell('zfs destroy -r "$TARGET"', { TARGET: target })
  const isTight = below(6) === 0
  if (isTight) {
    await pool.must('zfs set quota=$(( $(zfs get -Hp -o value used "$BACK") + 700000 )) "$BACK"', {
      BACK: parent,
    })
    tally.fault('disk full under zfs receive')
  }
  const all = () => pool.must('zfs list -H -r -t filesystem -o name "$BACK"', { BACK: parent })
  const before = { snapshots: await snapshots(world, target), datasets: await all() }
  const ended = await runOn(world, 'z3', ['restore', `${source}@${wanted}`, '--into', target], plan)
  if (isTight) await pool.must('zfs set quota=none "$BACK"', { BACK: parent })
  tally.count('z3 restore', outcome(ended))

  const judge = async (): Promise<string | undefined> => {
    const after = await snapshots(world, target)
    for (const [one, guid] of before.snapshots) {
      if (after.get(one) !== guid) return `@${one} of the target is gone`
    }
    for (const [one, guid] of after)
      if (here.get(one) !== guid) return `@${one} is another snapshot`
    if (ended.code === 0 && !after.has(wanted)) return 'the snapshot is not there'
    if (after.size === 0 && (await all()) !== before.datasets) return `there is: ${await all()}`
    const partial = (await all()).split('\n').filter((one) => one.startsWith(`${target}.`))
    return partial.length === 0 ? undefined : `left behind: ${partial.join(' ')}`
  }
  // a receive that has lost its input takes a moment to be undone
  let wrong = await judge()
  for (let i = 0; i < 40 && wrong !== undefined && ended.code !== 0; i += 1) {
    await new Promise((waited) => setTimeout(waited, 250))
    wrong = await judge()
  }
  if (wrong !== undefined) {
    tally.breach(
      ended.code === 0 ? 'false success' : 'changed target',
      `${what}: ${wrong}: ${ended.stderr}`,
    )
  } else if (ended.code === 0) {
    await compare(
      world,
      `${source}/.zfs/snapshot/${wanted}`,
      `${target}/.zfs/snapshot/${wanted}`,
      what,
    )
  } else if (ended.undisturbed && !isTight) {
    tally.breach('failure without a fault', `${what}: ${String(ended.code)} ${ended.stderr}`)
  }
}

const compare = async ({ pool, tally }: World, one: string, other: string, what: string) => {
  const sum = (directory: string) =>
    pool.must(
      `"$RUN" sh -c 'cd "$1" && find . -type f | sort | xargs sha256sum && cat $(find . -type f) | wc -c' sh "/$DIRECTORY"`,
      { DIRECTORY: directory },
    )
  const expected = await sum(one)
  if ((await sum(other)) !== expected) tally.breach('false success', `${what}: other contents`)
  tally.compared += Number(expected.trim().split('\n').at(-1))
}

/** The table of z3 status names what is stored. */
export const status: Act = async (world, plan, below, run) => {
  const dataset = `${world.pool.name}/${leaf(below)}`
  const before = await stored(world)
  const env = fullCache(world, below)
  const ended = await runOn(world, 'z3', ['status', dataset, '--parseable'], plan, { env })
  world.tally.count('z3 status', outcome(ended))
  const what = `run ${String(run)}: z3 status ${dataset}`
  checkKept(world, what, before, await stored(world))
  if (ended.code !== 0) {
    if (ended.undisturbed && ended.code !== 4) {
      world.tally.breach(
        'failure without a fault',
        `${what}: ${String(ended.code)} ${ended.stderr}`,
      )
    }
    return
  }
  const rows = String(ended.stdout)
    .split('\n')
    .map((line) => line.split('\t')[0])
  for (const key of before.keys()) {
    const name = key.slice('z3-backup/'.length)
    if (
      name.startsWith(`${dataset}@`) &&
      !rows.some((row) => row === name || name.endsWith(`@${String(row)}`))
    ) {
      world.tally.breach('false success', `${what}: ${name} is left out`)
    }
  }
}
