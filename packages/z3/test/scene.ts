import { mkdirSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  fakeBucket,
  runInside,
  startBinary,
  testPool,
  type BinaryResult,
  type FakeObject,
  type FakeS3,
  type FakeS3Options,
  type RunningBinary,
  type TestBucket,
  type TestPool,
} from '@z3/fixtures'
import type { Test } from 'tap'
import { main } from '../src/main.js'

type Env = Readonly<Record<string, string>>

/** What goes wrong with a program of this host (fixtures/commands/faulty). */
export interface Broken {
  readonly program: 'zfs' | 'pigz'
  /** A shell pattern for the arguments that go wrong. Default: all. */
  readonly args?: string
  /** Bytes of its output that still come; `eat`: none, but it reads all. */
  readonly bytes: number | 'all' | 'eat'
  /** An exit status, a signal, or never. */
  readonly end: string
  readonly says?: string
}

/** A dataset on real ZFS, a fake S3, and z3 between them. */
export interface Scene {
  readonly pool: TestPool
  readonly dataset: string
  readonly bucket: TestBucket
  readonly fake: FakeS3
  /** Run z3 to its end, in this process. */
  readonly z3: (args: readonly string[], env?: Env) => Promise<BinaryResult>
  /** The environment of all of them. */
  readonly environment: (env?: Env) => Env
  /** The same, and its output is text. */
  readonly main: (
    args: readonly string[],
    env?: Env,
  ) => Promise<{ code: number | null; stdout: string; stderr: string }>
  /** Start z3 in a process group of its own. */
  readonly start: (args: readonly string[], env?: Env) => RunningBinary
  /** The environment in which a program goes wrong. */
  readonly broken: (broken: Broken) => Env
  /** Write so many random bytes to a file of the dataset, and take a snapshot. */
  readonly take: (snapshot: string, bytes: number) => Promise<void>
  /** Keep what is stored now. */
  readonly keep: () => Stored
  /** What is stored is what was kept, and nothing is pending. */
  readonly reset: (stored?: Stored) => void
  /** The key of a snapshot. */
  readonly key: (snapshot: string) => string
}

type Stored = readonly (readonly [string, FakeObject])[]

/** One bucket, one pool with the empty dataset `data`, until the test ends. */
export const makeScene = async (t: Test, options?: FakeS3Options): Promise<Scene> => {
  const bucket = await fakeBucket(options)
  t.teardown(() => bucket.close())
  const pool = await testPool('z3f')
  t.teardown(() => pool.close())
  const dataset = `${pool.name}/data`
  await pool.must('zfs create "$POOL/data"')

  const { fake } = bucket
  const goodPath = process.env['PATH'] ?? ''
  const home = t.testdir({})
  const fakes = (program: string) => {
    const dir = `${home}/${program}`
    mkdirSync(dir)
    symlinkSync(
      fileURLToPath(new URL('../../../fixtures/commands/faulty', import.meta.url)),
      `${dir}/${program}`,
    )
    return dir
  }
  const directories = { zfs: fakes('zfs'), pigz: fakes('pigz') }
  const environment = (env: Env = {}): Env => ({
    ...bucket.env,
    HOME: home,
    SNAPSHOT_PREFIX: '',
    // what is counted are backups: manifests.test.ts has the manifests
    Z3_MANIFEST: 'no',
    // what is to fail need not fail again and again
    MAX_RETRIES: '1',
    PATH: goodPath,
    ...env,
  })
  const z3: Scene['z3'] = (args, env = {}) => runInside(main, args, { env: environment(env) })
  return {
    pool,
    dataset,
    bucket,
    fake,
    environment,
    z3,
    main: async (args, env) => {
      const { code, stdout, stderr } = await z3(args, env)
      return { code, stdout: String(stdout), stderr }
    },
    start: (args, env = {}) => startBinary('z3', args, { env: environment(env), detached: true }),
    broken: ({ program, args = '*', bytes, end, says = '' }) => ({
      PATH: `${directories[program]}:${goodPath}`,
      GOOD_PATH: goodPath,
      FAULTY: args,
      FAULT_BYTES: String(bytes),
      FAULT_END: end,
      FAULT_SAYS: says,
    }),
    take: async (snapshot, bytes) => {
      await pool.must(
        `"$RUN" sh -c 'head -c "$2" /dev/urandom > "$1"' sh "/$DATASET/${snapshot}" ${String(bytes)}
         zfs snapshot "$DATASET@${snapshot}"`,
        { DATASET: dataset },
      )
    },
    keep: () => [...fake.objects],
    reset: (stored = []) => {
      fake.faults = undefined
      fake.requests.length = 0
      fake.uploads.clear()
      fake.objects.clear()
      for (const [key, object] of stored) fake.objects.set(key, object)
    },
    key: (snapshot) => `z3-backup/${dataset}@${snapshot}`,
  }
}
