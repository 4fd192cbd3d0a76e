import type { OwnHost } from './own-host.js'
import { keptByDefault, type Seen } from './rules.js'

const HOUR = 3600
const DAY = 24 * HOUR

/** A clock that is set back before the first run of a day. */
export interface Step {
  /** Counted from 0. */
  readonly day: number
  /** Seconds. */
  readonly back: number
}

/** What the days were like. */
export interface Figures {
  runs: number
  made: number
  sent: number
  destroyedAtSource: number
  destroyedAtTarget: number
  /** Runs that noted snapshots of the future. */
  notes: number
  /** Left at the end. */
  readonly left: { source: number; target: number }
  /** What no rule allows, in words. */
  readonly violations: string[]
}

interface Sides {
  readonly source: readonly Seen[]
  readonly target: readonly Seen[]
}

/**
 * Live through days with several runs each: something is written, the clocks of
 * host and program are set, z3-autobackup runs with its default schedule, and
 * what it made, sent and destroyed is compared with the rules.
 *
 * @param begin epoch seconds
 */
export const simulate = async (
  host: OwnHost,
  days: number,
  steps: readonly Step[],
  begin = Date.UTC(2026, 2, 1) / 1000,
  runsADay = 4,
): Promise<Figures> => {
  // the lock of a run is this machine's, and another simulation may be going on
  const own = `${host.prefix}days${String(process.pid)}`
  const [from, to] = [`${own}a`, `${own}b`]
  const dataset = `${from}/data`
  const copy = `${to}/backup/${dataset}`
  const figures: Figures = {
    ...{ runs: 0, made: 0, sent: 0, destroyedAtSource: 0 },
    ...{ destroyedAtTarget: 0, notes: 0 },
    left: { source: 0, target: 0 },
    violations: [],
  }
  await host.setClock(begin)
  const [here = '', there = ''] = host.vdevs
  await host.must(
    `zpool create "$FROM" "$HERE"; zpool create "$TO" "$THERE"
     zfs create -o autobackup:days=true "$FROM/data"
     zfs create -o atime=off "$TO/backup"`,
    { FROM: from, TO: to, HERE: here, THERE: there },
  )
  const everSent = new Set<string>()
  let before: Sides = { source: [], target: [] }
  let back = 0
  for (let run = 0; run < days * runsADay; run += 1) {
    const day = Math.floor(run / runsADay)
    if (run % runsADay === 0) {
      back += steps.filter((step) => step.day === day).reduce((sum, step) => sum + step.back, 0)
    }
    // a run is never on the same second of two days: ages do not meet a limit
    const late = 60 + ((run * 7919) % (HOUR / 2))
    const now = begin + run * (DAY / runsADay) + late - back
    await host.must(
      `"$RUN" sh -c 'head -c 20000 /dev/urandom > "$1/$2"' sh "/$D" "f$RUN_NUMBER"
       "$RUN" rm -f "/$D/f$OLD"; zpool sync "$POOL"`,
      {
        ...{ D: dataset, POOL: from, RUN_NUMBER: String(run) },
        OLD: String(run - 8),
      },
    )
    await host.setClock(now)
    const { code, stderr } = await host.toolkit('z3-autobackup', ['days', `${to}/backup`])
    if (code !== 0) throw new Error(`run ${String(run)}: ${stderr}`)
    const after = await look(host, dataset, copy)
    for (const { guid } of after.target) everSent.add(guid)
    const problems = judge({ before, after, now, everSent })
    const other = stderr.split('\n').find((one) => !/^$|NOTE.*future/.test(one))
    if (other !== undefined) problems.push(`said: ${other}`)
    const time = new Date(now * 1000).toISOString()
    figures.violations.push(...problems.map((one) => `run ${String(run)}, ${time}: ${one}`))
    figures.runs += 1
    figures.made += minus(after.source, before.source).length
    figures.sent += minus(after.target, before.target).length
    figures.destroyedAtSource += minus(before.source, after.source).length
    figures.destroyedAtTarget += minus(before.target, after.target).length
    if (stderr.includes('created in the future')) figures.notes += 1
    figures.left.source = after.source.length
    figures.left.target = after.target.length
    before = after
  }
  const [one, other] = await Promise.all(
    [dataset, copy].map((name) =>
      host.must(
        `zfs mount "$D" 2> /dev/null || :; "$RUN" sh -c 'cd "$1" && sha256sum f*' sh "/$D"`,
        { D: name },
      ),
    ),
  )
  if (one !== other) figures.violations.push('the files differ at the end')
  return figures
}

const look = async (host: OwnHost, dataset: string, copy: string): Promise<Sides> => {
  const list = async (name: string): Promise<readonly Seen[]> => {
    const text = await host.must(
      'zfs list -Hp -t snapshot -d 1 -s createtxg -o guid,creation,name "$D"',
      { D: name },
    )
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [guid = '', created = '', full = ''] = line.split('\t')
        return {
          guid,
          created: Number(created),
          name: full.split('@')[1] ?? '',
        }
      })
  }
  return { source: await list(dataset), target: await list(copy) }
}

/** What is wrong with a run, in words. */
const judge = ({
  before,
  after,
  now,
  everSent,
}: {
  readonly before: Sides
  readonly after: Sides
  readonly now: number
  readonly everSent: ReadonlySet<string>
}): string[] => {
  const problems: string[] = []
  const made = minus(after.source, before.source)
  if (made.length !== 1) problems.push(`${String(made.length)} were made`)
  const newest = after.source.at(-1)
  if (!newest || !made.includes(newest)) problems.push('the newest is not new')
  if (newest?.guid !== after.target.at(-1)?.guid) {
    problems.push('the newest of both sides is not the same')
  }
  for (const { name, guid } of minus(before.source, after.source)) {
    if (!everSent.has(guid)) problems.push(`@${name} was destroyed unsent`)
  }
  for (const side of ['source', 'target'] as const) {
    const all = [...before[side], ...minus(after[side], before[side])]
    const kept = keptByDefault(all, now)
    for (const one of all) {
      const isThere = after[side].some(({ guid }) => guid === one.guid)
      if (kept.has(one.guid) === isThere) continue
      problems.push(`${side}: @${one.name} is ${isThere ? 'there' : 'gone'} against the rules`)
    }
  }
  return problems
}

/** Those of the first list that the second has not. */
const minus = (all: readonly Seen[], less: readonly Seen[]): readonly Seen[] =>
  all.filter(({ guid }) => !less.some((one) => one.guid === guid))
