import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { runBinary } from '@z3/fixtures'
import {
  type Act,
  body,
  checkKept,
  checkPending,
  isTold,
  outcome,
  runOn,
  stored,
  type Below,
  type World,
} from './world.js'

/** Store a file by pput, and read it back by z3-get. */
export const putAndGet: Act = async (world, plan, below, run) => {
  const { tally, bucket, home } = world
  const key = `objects/${String(below(4))}`
  const what = `run ${String(run)}: pput ${key}`
  const bytes = body(below)
  const before = await stored(world)
  const old = before.has(key) ? await bucket.get(key) : undefined
  const overwrites = below(2) === 0
  const file = `${home}/body`
  writeFileSync(file, bytes)
  const runs = below(2) === 0
  const args = [...(overwrites ? ['--overwrite'] : []), key, ...(runs ? ['--', 'cat', file] : [])]
  const ended = await runOn(world, 'pput', args, plan, runs ? {} : { stdin: bytes })
  tally.count('pput', outcome(ended))
  checkKept(world, what, before, await stored(world), key)
  const now = (await stored(world)).has(key) ? await bucket.get(key) : undefined
  tally.compared += now?.byteLength ?? 0
  const isNew = now?.equals(bytes) ?? false
  const isOld = old === undefined ? now === undefined : (now?.equals(old) ?? false)
  if (ended.code === 0 && !isNew) tally.breach('false success', `${what}: ${ended.stderr}`)
  if (ended.code === 0 && old && !overwrites) tally.breach('lost object', `${what}: replaced`)
  if (ended.code !== 0 && !isOld && !(isNew && isTold(ended))) {
    tally.breach(
      isNew ? 'untold object' : 'lost object',
      `${what}: ${String(ended.code)} ${ended.stderr}`,
    )
  }
  if (ended.code !== 0 && ended.undisturbed && !(old && !overwrites)) {
    tally.breach('failure without a fault', `${what}: ${String(ended.code)} ${ended.stderr}`)
  }
  await checkPending(world, what)
}

/** Read an object, and compare what comes. */
export const get: Act = async (world, plan, below, run) => {
  const { tally, bucket } = world
  const keys = [...(await stored(world)).keys()]
  const key = keys[below(keys.length)]
  if (key === undefined) return
  const expected = await bucket.get(key)
  const ended = await runOn(world, 'z3-get', [key], plan)
  tally.count('z3-get', outcome(ended))
  const what = `run ${String(run)}: z3-get ${key}`
  tally.compared += ended.stdout.byteLength
  if (ended.code === 0 && !ended.stdout.equals(expected)) tally.breach('false success', what)
  if (ended.code !== 0 && ended.undisturbed) {
    tally.breach('failure without a fault', `${what}: ${String(ended.code)} ${ended.stderr}`)
  }
}

/** Two uploads of one key at once. */
export const putTwice = async (world: World, below: Below, run: number): Promise<void> => {
  const { tally, bucket } = world
  const key = `twice/${String(run)}`
  const what = `run ${String(run)}: two pput ${key}`
  const bodies = [body(below), body(below)]
  const overwrites = below(2) === 0
  const before = await stored(world)
  const nothing = { kind: 'nothing' } as const
  const both = await Promise.all(
    bodies.map((stdin) =>
      runOn(world, 'pput', [...(overwrites ? ['--overwrite'] : []), key], nothing, { stdin }),
    ),
  )
  const after = await stored(world)
  checkKept(world, what, before, after)
  for (const ended of both) tally.count('pput, two at once', outcome(ended))
  const now = after.has(key) ? await bucket.get(key) : undefined
  tally.compared += now?.byteLength ?? 0
  const stands = both.filter((_, i) => now && bodies[i] && now.equals(bodies[i]))
  const said = both.map(({ code, stderr }) => `${String(code)} ${stderr}`).join('; ')
  if (now && stands.length === 0) tally.breach('lost object', `${what}: neither stands: ${said}`)
  const succeeded = both.filter(({ code }) => code === 0)
  if (succeeded.length > 0 && !now) tally.breach('false success', `${what}: ${said}`)
  if (succeeded.length === 0) tally.breach('failure without a fault', `${what}: ${said}`)
  if (stands.length > 0 && !stands.some((one) => one.code === 0 || isTold(one))) {
    tally.breach('untold object', `${what}: ${said}`)
  }
  await checkPending(world, what)
}

/** The store in a directory of a small file system, which fills up. */
export const putFile: Act = async (world, plan, below, run) => {
  const { tally, small } = world
  const root = `${small}/store`
  const env = { BUCKET: `file://${root}` }
  const key = `k${String(below(3))}`
  const what = `run ${String(run)}: pput file://, ${key}`
  if (below(3) === 0) for (const name of readdirSync(root)) rmSync(`${root}/${name}`)
  const read = () => runBinary('z3-get', [key], { env })
  const old = await read()
  const bytes = body(below)
  const { bavail, bsize } = statfsSync(root)
  const isFull = bytes.byteLength > bavail * bsize - 65_536
  if (isFull) tally.fault('disk full under file://')
  const ended = await runOn(
    world,
    'pput',
    ['--overwrite', key],
    plan.kind === 'signal' ? plan : { kind: 'nothing' },
    { env, stdin: bytes },
  )
  tally.count('pput file://', outcome(ended))
  const now = await read()
  tally.compared += now.stdout.byteLength
  const isNew = now.code === 0 && now.stdout.equals(bytes)
  const isOld = now.code === old.code && now.stdout.equals(old.stdout)
  if (ended.code === 0 && !isNew) tally.breach('false success', `${what}: ${now.stderr}`)
  if (ended.code !== 0 && !isOld && !(isNew && isTold(ended))) {
    tally.breach(isNew ? 'untold object' : 'lost object', `${what}: ${ended.stderr}; ${now.stderr}`)
  }
  if (ended.code !== 0 && ended.undisturbed && !isFull) {
    tally.breach('failure without a fault', `${what}: ${ended.stderr}`)
  }
  const cleaned = await runBinary('z3', ['cleanup', '--all', '--older-than', '0s'], {
    env: { ...env, HOME: world.home },
  })
  // an object is its descriptor, and the data that it names
  const files = readdirSync(root)
  const named = files
    .filter((file) => file.endsWith('.z3.json'))
    .flatMap((file) => [
      file,
      ...files.filter((data) =>
        readFileSync(`${root}/${file}`, 'utf8').includes(data.slice(data.lastIndexOf('.') + 1)),
      ),
    ])
  const left = files.filter((file) => !named.includes(file))
  if (left.length > 0) tally.breach('orphan', `${what}: ${left.join(' ')}; ${cleaned.stderr}`)
}
