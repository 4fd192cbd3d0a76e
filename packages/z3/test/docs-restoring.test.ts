/** What docs/operating.md tells people to run on the worst day, as printed. */
import {
  docBlocks,
  NO_SERVER,
  NO_ZFS,
  runShell,
  serverBucket,
  tankPool,
  testServers,
} from '@z3/fixtures'
import t, { type Test } from 'tap'

const [server] = testServers()

const skip = NO_ZFS || (server === undefined && NO_SERVER)

void t.test('Restoring', { skip }, async (t) => {
  if (!server) throw new Error(NO_SERVER)
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const pool = await tankPool()
  t.teardown(() => pool.close())
  const home = t.testdir({})
  // the configuration of a machine that has nothing but the bucket
  const run = (line: string) => runShell(line, { env: { ...bucket.env, HOME: home } })
  const must = async (line: string) => {
    const result = await run(line)
    if (result.code !== 0) throw new Error(`${line}: ${result.stderr}`)
    return result
  }
  const take = (snapshot: string) =>
    pool.must(
      `"$RUN" sh -c 'echo "$1" >> /tank/data/log' sh ${snapshot}; zfs snapshot tank/data@${snapshot}`,
    )
  const drop = (dataset: string) => pool.must(`zfs destroy -r ${dataset}`)
  const log = (dataset: string) =>
    pool.must(`"$RUN" cat /${dataset}/log`).then((text) => text.split('\n'))
  const names = async (dataset: string) =>
    (await pool.must(`zfs list -H -d 1 -t snapshot -s createtxg -o name ${dataset}`))
      .split('\n')
      .filter((line) => line !== '')

  await pool.must('zfs create tank/data')
  await take('daily-1')
  await must("z3 backup --snapshot-prefix '' tank/data")
  for (const day of [2, 3, 4]) await take(`daily-${String(day)}`)
  await must("z3 backup --snapshot-prefix '' tank/data")
  const all = ['daily-1', 'daily-2', 'daily-3', 'daily-4']

  /** Each line, what comes before it by its comment, and what is then. */
  const scenes: Readonly<
    Record<
      string,
      {
        readonly before?: () => Promise<unknown>
        readonly after: (t: Test, stdout: string) => Promise<void>
      }
    >
  > = {
    "z3 status --snapshot-prefix '' tank/data": {
      after: (t, stdout) => {
        t.match(stdout, /^backup status for tank\/data@/m)
        for (const name of all) t.match(stdout, new RegExp(`^${name} `, 'm'))
        return Promise.resolve()
      },
    },
    'z3 restore --latest tank/data': {
      before: () => drop('tank/data'),
      after: async (t) => {
        t.strictSame(
          await names('tank/data'),
          all.map((one) => `tank/data@${one}`),
        )
        t.strictSame(await log('tank/data'), [...all, ''])
      },
    },
    'z3 restore tank/data@daily-3 --into tank/look': {
      after: async (t) => {
        t.strictSame(
          await names('tank/look'),
          all.slice(0, 3).map((one) => `tank/look@${one}`),
        )
        t.strictSame(await log('tank/look'), [...all.slice(0, 3), ''])
      },
    },
    'z3 restore tank/data@daily-3 --force': {
      before: async () => {
        await drop('tank/data')
        await pool.must('zfs create tank/data')
        await take('of-another')
      },
      after: async (t) => {
        t.strictSame(
          await names('tank/data'),
          all.slice(0, 3).map((one) => `tank/data@${one}`),
        )
        t.strictSame(await log('tank/data'), [...all.slice(0, 3), ''])
        const kept = await pool.must('zfs list -H -o name -r tank')
        t.match(kept, /^tank\/data\.z3-replaced-\d+T\d+Z$/m)
      },
    },
  }

  const blocks = docBlocks('docs/operating.md', 'Restoring')
  const lines = blocks.flatMap((block) => block.lines)
  t.strictSame(
    lines.map((line) => line.replace(/\s*#.*$/, '')).sort(),
    Object.keys(scenes).sort(),
    'every printed line is run, and no other',
  )
  for (const line of lines) {
    await t.test(line, async (t) => {
      const scene = scenes[line.replace(/\s*#.*$/, '')]
      if (!scene) throw new Error('no scene')
      await scene.before?.()
      const { code, stdout, stderr } = await run(line)
      t.equal(code, 0, stderr)
      await scene.after(t, String(stdout))
    })
  }
})
