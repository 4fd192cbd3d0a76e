import { NO_SERVER, NO_SSH, testServers } from '@z3/fixtures'
import t from 'tap'
import { ownHost } from './days/own-host.js'
import { ownServer } from './days/own-server.js'
import { simulateBucket, type BucketDays } from './days/simulate-bucket.js'

/** scripts/simulate-days --bucket asks for all of them; else a few. */
const wanted = process.env['Z3_TEST_ALL_DAYS']
const seed = Number(process.env['Z3_TEST_SEED'] ?? 7)
const days: BucketDays =
  wanted === undefined
    ? { days: 2, names: ['a'], last: 3, checks: 1, seed }
    : {
        ...{ days: Number(wanted) > 1 ? Number(wanted) : 60, names: ['a', 'b', 'c'] },
        ...{ last: 10, checks: 5, seed },
      }

const missing = NO_SSH || (testServers().some(({ kind }) => kind === 'rgw') ? false : NO_SERVER)

void t.test(
  'days of a bucket: stored, thinned on both sides, restored',
  { skip: wanted === undefined && missing },
  async (t) => {
    const host = ownHost('bdays')
    t.teardown(() => {
      host.stop()
    })
    const server = await ownServer('bdays')
    t.teardown(() => server.stop())
    const figures = await simulateBucket(host, server, days, (line) => {
      t.comment(line)
    })
    t.comment(`figures: ${JSON.stringify(figures)}`)
    t.strictSame(figures.violations, [])
    t.equal(figures.runs, days.days * 4)
    t.equal(figures.uploaded, figures.runs * days.names.length)
    // the cases are about something
    t.ok(figures.deleted > 0)
    t.ok(figures.destroyedAtSource > 0)
    t.ok(figures.restored > 0)
    t.ok(figures.longestChain.retention < figures.longestChain.linear)
  },
)
