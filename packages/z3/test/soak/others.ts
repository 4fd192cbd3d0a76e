import type { HostPool } from '@z3/fixtures'
import { ssh } from '../../../z3-ssh-sync/test/setup.js'
import { keyOf, leaf, snapshots } from './backups.js'
import { checkKept, checkPending, outcome, runOn, stored, type Act, type World } from './world.js'

/** Everything that is stored of a dataset is sound: z3 verify says nothing else. */
export const verify: Act = async (world, plan, below, run) => {
  const dataset = `${world.pool.name}/${leaf(below)}`
  const before = await stored(world)
  const level = ['head', 'data', 'stream'][below(3)] ?? 'stream'
  const ended = await runOn(world, 'z3', ['verify', dataset, '--level', level], plan)
  world.tally.count(`z3 verify --level ${level}`, outcome(ended))
  const what = `run ${String(run)}: z3 verify ${dataset} --level ${level}`
  checkKept(world, what, before, await stored(world))
  const isStored = [...before.keys()].some((key) => key.startsWith(keyOf(`${dataset}@`)))
  if (ended.code !== 0 && ended.undisturbed && isStored) {
    const said = `${what}: ${String(ended.code)} ${ended.stderr}${String(ended.stdout)}`
    world.tally.breach('failure without a fault', said)
  }
}

/**
 * Another program deletes the newest object of a dataset while z3 reads it: z3 ends, touches
 * nothing else, and the next backup stores it again.
 */
export const pruneMeanwhile: Act = async (world, _plan, below, run) => {
  const { pool, bucket, tally, whole } = world
  const dataset = `${pool.name}/${leaf(below)}`
  const before = await stored(world)
  const names = [...(await snapshots(world, dataset)).keys()]
  const newest = names.reverse().find((name) => before.has(keyOf(`${dataset}@${name}`)))
  if (newest === undefined) return
  const key = keyOf(`${dataset}@${newest}`)
  const target = `${pool.name}/back/pruned`
  const args = [
    ['verify', dataset],
    ['restore', `${dataset}@${newest}`, '--into', target],
    ['status', dataset, '--check'],
  ][below(3)] ?? ['status', dataset]
  const what = `run ${String(run)}: z3 ${args.join(' ')} while ${key} is deleted`
  const running = runOn(world, 'z3', args, { kind: 'nothing' })
  await new Promise((waited) => setTimeout(waited, below(2500)))
  await bucket.remove(key)
  tally.fault('an object deleted by another program')
  const ended = await running
  tally.count(`z3 ${String(args[0])}, an object is deleted`, outcome(ended))
  before.delete(key)
  whole.delete(key)
  checkKept(world, what, before, await stored(world))
  await pool.shell('zfs destroy -r "$TARGET"', { TARGET: target })
  const next = await runOn(world, 'z3', ['backup', dataset], { kind: 'nothing' })
  const said = `${what}: ${String(next.code)} ${next.stderr}`
  if (next.code !== 0) tally.breach('failure without a fault', `the next backup: ${said}`)
  else if (!(await stored(world)).has(key)) tally.breach('false success', said)
  await checkPending(world, what)
}

/** z3-ssh-sync to another host. */
export const sync = (there: HostPool): Act => {
  const known = new Set<string>()
  return async (world, plan, below, run) => {
    const { pool, tally } = world
    const name = leaf(below)
    const source = `${pool.name}/${name}`
    const target = `${there.name}/${name}`
    const here = await snapshots(world, source)
    const newest = [...here.keys()].at(-1)
    if (newest === undefined) return
    if (!known.has(name) || below(4) === 0) {
      await there.must('zfs destroy -r "$T" 2> /dev/null || :', { T: target })
      known.add(name)
    }
    const list = async () => {
      const text = await there.must(
        'zfs list -Hp -t snapshot -d 1 -o name,guid "$T" 2> /dev/null || :',
        { T: target },
      )
      const rows = text.split('\n').filter((line) => line !== '')
      return new Map(
        rows.map((line) => {
          const [full = '', guid = ''] = line.split('\t')
          return [full.slice(full.indexOf('@') + 1), guid] as const
        }),
      )
    }
    const before = await list()
    const ended = await runOn(
      world,
      'z3-ssh-sync',
      [
        ...ssh(there.host),
        ...['--dataset', source, '--remote-dataset', target, `root@${there.host.address}`],
      ],
      plan.kind === 'signal' ? plan : { kind: 'nothing' },
    )
    tally.count('z3-ssh-sync', outcome(ended))
    const what = `run ${String(run)}: z3-ssh-sync ${source}: ${String(ended.code)} ${ended.stderr}`
    const after = await list()
    for (const [one, guid] of before) {
      if (after.get(one) !== guid) tally.breach('changed target', `${what}: @${one} is gone`)
    }
    for (const [one, guid] of after) {
      if (here.get(one) !== guid) tally.breach('changed target', `${what}: @${one} is another one`)
    }
    if (ended.code !== 0) {
      if (ended.undisturbed) tally.breach('failure without a fault', what)
      return
    }
    if (!after.has(newest)) tally.breach('false success', `${what}: @${newest} is not there`)
    else await compareHosts(world, there, `${source}@${newest}`, `${target}@${newest}`, what)
  }
}

const compareHosts = async (
  { pool, tally }: World,
  there: HostPool,
  one: string,
  other: string,
  what: string,
): Promise<void> => {
  const script = `zfs mount "\${NAME%@*}" 2> /dev/null || :
    "$RUN" sh -c 'cd "/\${1%@*}/.zfs/snapshot/\${1#*@}" && find . -type f | sort | xargs sha256sum && cat $(find . -type f) | wc -c' sh "$NAME"`
  const expected = await pool.must(script, { NAME: one })
  if ((await there.must(script, { NAME: other })) !== expected) {
    tally.breach('false success', `${what}: other contents`)
  }
  tally.compared += Number(expected.trim().split('\n').at(-1))
}
