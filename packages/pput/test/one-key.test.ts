import { MIB } from '@z3/core'
import { NO_SERVER, pattern, runBinary, serverBucket, testServers } from '@z3/fixtures'
import t from 'tap'

/** Two runs at once, so often. */
const ROUNDS = { rgw: 8, rgw20: 3, swift: 3 } as const

/** What the one that does not succeed says. */
const REFUSED = /already exists in|then replaced by another object/

// radosgw 16 ignores If-None-Match at Complete, Swift checks it not atomically
for (const server of testServers().filter(({ name }) => !name.endsWith('-tls'))) {
  void t.test(`${server.name}: of two runs on one key, one succeeds`, async (t) => {
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    const { env } = bucket
    const rounds = ROUNDS[server.kind]
    const bodies = [pattern(6 * MIB), pattern(6 * MIB).reverse()]
    const counts = { one: 0, both: 0, neither: 0, otherBytes: 0, otherMessage: 0 }
    for (let round = 1; round <= rounds; round++) {
      const key = `k${String(round)}`
      const runs = await Promise.all(
        bodies.map((stdin) => runBinary('pput', ['-q', key], { env, stdin })),
      )
      const winners = bodies.filter((_, index) => runs[index]?.code === 0)
      counts[(['neither', 'one', 'both'] as const)[winners.length] ?? 'both']++
      const stored = await bucket.get(key)
      if (winners.some((body) => !stored.equals(body))) counts.otherBytes++
      for (const { code, stderr } of runs) {
        if (code === 0 || (code === 3 && REFUSED.test(stderr))) continue
        counts.otherMessage++
        t.comment(`${key}: exit status ${String(code)}: ${stderr}`)
      }
    }
    t.comment(JSON.stringify(counts))
    t.same(counts, { one: rounds, both: 0, neither: 0, otherBytes: 0, otherMessage: 0 })
  })
}
if (testServers().length === 0) {
  void t.test('real', { skip: NO_SERVER }, () => undefined)
}
