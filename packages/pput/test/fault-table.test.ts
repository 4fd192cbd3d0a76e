import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { MIB } from '@z3/core'
import { pattern } from '@z3/fixtures'
import t from 'tap'
import { CASES } from './fault-table/cases.js'
import { judge, type Verdict } from './fault-table/judge.js'
import { runCase, SMALL } from './fault-table/run-case.js'

/** Cases at once. */
const CONCURRENCY = 12

void t.test('faults of a server, and what pput says', async (t) => {
  const dir = t.testdir({ small: SMALL })
  const small = `${dir}/small`
  const large = `${dir}/large`
  writeFileSync(large, pattern(5 * MIB + 11))
  const fifos = CASES.map((_, index) => `${dir}/fifo${String(index)}`)
  execFileSync('mkfifo', fifos)
  const inputs = { small, large, fifo: () => fifos.pop() ?? '' }
  const bodies = { small: readFileSync(small), large: readFileSync(large) }

  const counts = { falseSuccess: 0, untold: 0, orphan: 0, hang: 0, needless: 0 }
  const waiting = [...CASES]
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const outcome = await runCase(one, inputs)
      const verdict: Verdict = judge(
        one,
        outcome,
        bodies[one.source === 'two parts' ? 'large' : 'small'],
      )
      for (const [count, problem] of Object.entries(verdict)) {
        if (problem === undefined) continue
        counts[count as keyof Verdict]++
        const { status, code, err } = outcome
        const diag = {
          status,
          code,
          err,
          requests: outcome.fake.requests.map(({ op }) => op).join(' '),
        }
        t.fail(`${one.name}: ${count}: ${String(problem)}`, diag)
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  t.comment(
    `cases ${String(CASES.length)}, false successes ${String(counts.falseSuccess)}, objects that stand against the exit status ${String(counts.untold)}, silent orphans ${String(counts.orphan)}, hangs ${String(counts.hang)}, needless failures ${String(counts.needless)}`,
  )
  t.same(counts, { falseSuccess: 0, untold: 0, orphan: 0, hang: 0, needless: 0 })
  t.ok(CASES.length >= 150)
})
