import { existsSync } from 'node:fs'
import { NO_ZFS, until, type BinaryResult, type Fault, type RunningBinary } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { descendants, waitForChild } from './children.js'
import { makeScene, type Scene } from './scene.js'

void t.test('ended from outside', { skip: NO_ZFS }, async (t) => {
  const scene = await makeScene(t)
  const { dataset, keep, take, z3 } = scene
  await take('a', 7_000_000)
  const empty = keep()
  t.equal((await z3(['backup', dataset])).code, 0)
  const full = keep()
  await take('b', 100_000)

  await t.test('backup', (t) => backups(t, scene, full))
  await t.test('restore', (t) => restores(t, scene, full))
  await t.test('a server that does not answer', (t) => stalled(t, scene, full))
  await t.test('locks', (t) => locks(t, scene, empty))
})

type Kept = ReturnType<Scene['keep']>

const HELD = /^sleep 1000 /

/** To the whole job, as Ctrl-C at a terminal; or to z3 alone. */
type Target = 'job' | 'z3'

const send = ({ child }: RunningBinary, signal: NodeJS.Signals, target: Target): void => {
  const pid = child.pid ?? 0
  process.kill(target === 'job' ? -pid : pid, signal)
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${String(pid)}`)

const ended = async (
  t: Test,
  scene: Scene,
  run: RunningBinary,
  signal: NodeJS.Signals,
  target: Target,
): Promise<BinaryResult> => {
  const below = [...descendants(run.child.pid ?? 0).keys()]
  send(run, signal, target)
  const result = await run.ended
  t.equal(result.signal, signal, result.stderr)
  t.equal(result.code, null)
  t.equal(String(result.stdout), '')
  t.match(result.stderr, `z3: ${signal}: cleaning up; repeat the signal to exit immediately\n`)
  t.match(result.stderr, new RegExp(`^z3: ended by ${signal}$`, 'm'))
  t.notMatch(result.stderr, /internal error|^ +at /m)
  t.equal(scene.fake.uploads.size, 0, 'nothing is pending')
  await until('all it had started is gone', () => !below.some(isAlive))
  return result
}

const backups = async (t: Test, scene: Scene, full: Kept): Promise<void> => {
  const { broken, dataset, fake, keep, reset, start, z3 } = scene
  const half = { program: 'zfs', args: 'send [!-]*', bytes: 6_000_000 } as const
  for (const [signal, target] of [
    ['SIGINT', 'job'],
    ['SIGTERM', 'z3'],
    ['SIGHUP', 'z3'],
  ] as const) {
    await t.test(`${signal} to ${target}`, async (t) => {
      reset()
      const run = start(['backup', dataset], {
        ...broken({ ...half, end: 'hold' }),
        COMPRESSOR: 'none',
      })
      await waitForChild(run.child.pid, HELD)
      await until('a part is stored', () =>
        [...fake.uploads.values()].some(({ parts }) => parts.size > 0),
      )
      await ended(t, scene, run, signal, target)
      t.strictSame(keep(), [])
    })
  }

  await t.test('the next run goes on', async (t) => {
    reset(full)
    const next = await z3(['backup', dataset])
    t.equal(next.code, 0)
    t.equal(next.stderr, '', 'no lock is left')
    t.match(String(next.stdout), `${dataset}@b`)
  })

  await t.test('a second signal ends at once', async (t) => {
    reset()
    const run = start(['backup', dataset], {
      ...broken({ ...half, end: 'deaf' }),
      COMPRESSOR: 'none',
    })
    await until('a part is stored', () =>
      [...fake.uploads.values()].some(({ parts }) => parts.size > 0),
    )
    const below = [...descendants(run.child.pid ?? 0).keys()]
    send(run, 'SIGTERM', 'z3')
    await until('it is told', () => run.stderr().includes('repeat the signal to exit'))
    send(run, 'SIGTERM', 'z3')
    t.equal((await run.ended).signal, 'SIGTERM')
    await until('all it had started is gone', () => !below.some(isAlive))
    t.equal(fake.uploads.size, 1, 'nobody had the time to abort it')
    t.strictSame(keep(), [])
  })
}

const restores = async (t: Test, scene: Scene, full: Kept): Promise<void> => {
  const { broken, dataset, fake, pool, reset, start, z3 } = scene
  const into = `${pool.name}/back`
  const restore = ['restore', `${dataset}@a`, '--into', into]
  const list = async (dataset: string) =>
    (
      await pool.shell('zfs list -H -o name -t all -r "$DATASET"', {
        DATASET: dataset,
      })
    ).stdout.toString()

  for (const [signal, target] of [
    ['SIGINT', 'job'],
    ['SIGTERM', 'z3'],
  ] as const) {
    await t.test(`${signal} to ${target}`, async (t) => {
      reset(full)
      fake.faults = ({ op, headers }) =>
        op === 'GetObject' && !headers.range?.startsWith('bytes=0-') ? { stall: true } : undefined
      const run = start(restore, { CHUNK_SIZE: '5M' })
      await waitForChild(run.child.pid, /^zfs receive /)
      await until('it has begun', () => fake.requests.some(({ op }) => op === 'GetObject'))
      await ended(t, scene, run, signal, target)
      await until('nothing is left of it', async () => !(await list(into)))
    })
  }

  await t.test('while the old one is put aside', async (t) => {
    reset(full)
    await pool.must('zfs create "$INTO" && zfs snapshot "$INTO@other"', {
      INTO: into,
    })
    // it is renamed, and Ctrl-C comes before zfs says so
    const run = start([...restore, '--force'], {
      ...broken({
        program: 'zfs',
        args: `rename ${into} *`,
        bytes: 'all',
        end: 'hold',
      }),
    })
    await waitForChild(run.child.pid, HELD)
    send(run, 'SIGINT', 'job')
    const result = await run.ended
    t.equal(result.signal, 'SIGINT', result.stderr)
    t.match(await list(into), `${into}@other\n`, 'it has its name again')

    const next = await z3([...restore, '--force'])
    t.equal(next.code, 0, next.stderr)
    t.equal(await list(into), `${into}\n${into}@a\n`)
    t.equal(await pool.sum(into), await pool.sum(into))
    t.equal((await pool.must('zfs get -H -o value mounted "$INTO"', { INTO: into })).trim(), 'yes')
    await pool.must(
      'for d in $(zfs list -H -o name | grep "^$INTO"); do zfs destroy -r "$d"; done',
      { INTO: into },
    )
  })
}

const stalled = async (t: Test, scene: Scene, full: Kept): Promise<void> => {
  const { dataset, fake, reset, start } = scene
  const stall: Fault = { stall: true }
  for (const [op, words] of [
    ['ListObjectsV2', ['status', dataset]],
    ['HeadObject', ['status', dataset]],
    ['ListMultipartUploads', ['backup', dataset]],
    ['ListMultipartUploads', ['cleanup']],
  ] as const) {
    await t.test(`${op}: z3 ${words[0]}`, async (t) => {
      reset(full)
      let asked = false
      fake.faults = (request) => {
        if (request.op !== op) return undefined
        asked = true
        return stall
      }
      const run = start(words, { HOME: '', XDG_CACHE_HOME: '' })
      await until('it is asked', () => asked)
      await ended(t, scene, run, 'SIGINT', 'job')
    })
  }
}

const locks = async (t: Test, scene: Scene, empty: Kept): Promise<void> => {
  const { broken, dataset, fake, reset, start, z3 } = scene
  reset(empty)
  const run = start(['backup', dataset], {
    ...broken({
      program: 'zfs',
      args: 'send [!-]*',
      bytes: 6_000_000,
      end: 'hold',
    }),
    COMPRESSOR: 'none',
  })
  await waitForChild(run.child.pid, HELD)
  await until('a part is stored', () =>
    [...fake.uploads.values()].some(({ parts }) => parts.size > 0),
  )

  const message = new RegExp(
    `^z3: another run is using ${dataset} \\(pid ${String(run.child.pid)}, started .*\\)\n`,
    'm',
  )
  for (const words of [
    ['backup', dataset],
    ['restore', `${dataset}@a`, '--force'],
  ]) {
    const second = await z3(words)
    t.equal(second.code, 5)
    t.match(second.stderr, message)
    t.equal(String(second.stdout), '')
  }
  t.equal((await z3(['status', dataset])).code, 0, 'to look is no work')
  t.equal((await z3(['backup', dataset, '--dry-run'])).code, 0)

  // the machine is lost
  for (const pid of [run.child.pid ?? 0, ...descendants(run.child.pid ?? 0).keys()]) {
    process.kill(pid, 'SIGKILL')
  }
  await run.ended
  const next = await z3(['backup', dataset, '--newest-only'])
  t.equal(next.code, 0, next.stderr)
  t.match(next.stderr, `z3: taking over the lock of ${dataset}, left by a dead run\n`)
  t.match(next.stderr, /^z3: 1 unfinished upload of .*; see z3 cleanup$/m)
  t.equal(fake.objects.size, 1)
}
