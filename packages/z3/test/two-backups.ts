import type { Test } from 'tap'
import { openWorkshop } from './workshop.js'

/** A dataset with the snapshots `a` and `b`, both in the store, the second as an increment. */
export const openTwoBackups = async (t: Test, name: string) => {
  const shop = await openWorkshop(t, name)
  const { pool, bucket, z3, create, take } = shop
  const dataset = `${pool.name}/data`
  await create(dataset)
  for (const snapshot of ['a', 'b']) {
    await take(dataset, snapshot)
    t.equal((await z3(['backup', dataset])).code, 0)
  }
  return {
    ...shop,
    dataset,
    key: (snapshot: string) => `z3-backup/${dataset}@${snapshot}`,
    restore: (...args: string[]) => z3(['restore', ...args]),
    script: (into: string, lines: string) => pool.must(lines, { INTO: into, DATASET: dataset }),
    /** The keys that an action reads. */
    fetched: async (action: () => Promise<unknown>): Promise<string[]> => {
      const from = bucket.fake.requests.length
      await action()
      const keys = bucket.fake.requests
        .slice(from)
        .filter(({ op }) => op === 'GetObject')
        .map((request) => request.key)
      return [...new Set(keys)]
    },
  }
}
