import {
  fakeBucket,
  runShell,
  testPool,
  type BinaryResult,
  type FakeS3,
  type TestBucket,
  type TestPool,
} from '@z3/fixtures'
import type { Test } from 'tap'
import { z3On, type Z3 } from './setup.js'

/** A pool on real ZFS, an empty bucket, and z3 between them. */
export interface Workshop {
  readonly pool: TestPool
  readonly bucket: TestBucket & { readonly fake: FakeS3 }
  readonly z3: Z3
  /** Make a filesystem; `options` as zfs create takes them. */
  readonly create: (dataset: string, ...options: readonly string[]) => Promise<void>
  /** Write files nobody wrote before, and take snapshots, oldest first. */
  readonly take: (dataset: string, ...snapshots: readonly string[]) => Promise<void>
  /** Names of the snapshots that are there, oldest first. */
  readonly snapshots: (dataset: string) => Promise<readonly string[]>
  /** A property of a dataset or snapshot. */
  readonly get: (name: string, property: string) => Promise<string>
  /** What is sent of a snapshot, `-i PARENT` before it. */
  readonly send: (...args: readonly string[]) => Promise<Buffer>
  /** Run lines as somebody would who pastes them into bash. */
  readonly paste: (lines: string) => Promise<BinaryResult>
}

/** Set up a workshop that goes away with the test. */
export async function openWorkshop(t: Test, name: string): Promise<Workshop> {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const pool = await testPool(name)
  t.teardown(() => pool.close())
  const home = t.testdir({})
  return workshopOn(pool, bucket, home)
}

/** The same with another bucket, or another pool. */
export function workshopOn(pool: TestPool, bucket: Workshop['bucket'], home: string): Workshop {
  return {
    pool,
    bucket,
    z3: z3On(bucket, home),
    create: async (dataset, ...options) => {
      await pool.must(`eval "set -- $OPTIONS"; zfs create "$@" "$DATASET"`, {
        DATASET: dataset,
        OPTIONS: options.join(' '),
      })
    },
    take: async (dataset, ...snapshots) => {
      await pool.must(
        `"$RUN" sh -c 'set -e; dataset=$1; shift
           for snapshot; do
             head -c 200000 /dev/urandom > "/$dataset/of-$snapshot"
             echo "$snapshot" >> "/$dataset/log"
             zfs snapshot "$dataset@$snapshot"
           done' sh "$DATASET" $SNAPSHOTS`,
        { DATASET: dataset, SNAPSHOTS: snapshots.join(' ') },
      )
    },
    snapshots: async (dataset) => {
      const text = await pool.must('zfs list -H -t snapshot -d 1 -s createtxg -o name "$DATASET"', {
        DATASET: dataset,
      })
      const names = text.split('\n').filter((line) => line !== '')
      return names.map((line) => line.slice(line.indexOf('@') + 1))
    },
    get: async (name, property) => {
      const text = await pool.must('zfs get -Hp -o value "$PROPERTY" "$NAME"', {
        NAME: name,
        PROPERTY: property,
      })
      return text.trim()
    },
    send: async (...args) => {
      const quoted = args.map((word) => `'${word}'`).join(' ')
      const { code, stdout, stderr } = await pool.shell(`zfs send ${quoted}`)
      if (code !== 0) throw new Error(stderr)
      return stdout
    },
    paste: (lines) => runShell(lines, { env: { ...bucket.env, HOME: home } }),
  }
}
