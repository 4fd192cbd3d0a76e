/** How much `z3 verify` asks of the store: what the listing or an earlier run has answered, it does not. */
import { formatManifest } from '@z3/core'
import { fakeBucket } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'

const PREFIX = 'z3-backup/'

/** Two datasets of four backups each, with manifests. */
const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const put = (name: string, body: string): string => {
    fake.put(`${PREFIX}${name}`, body, { isfull: 'true', guid: String(name.charCodeAt(7)) })
    return fake.objects.get(`${PREFIX}${name}`)?.etag ?? ''
  }
  const putManifest = (name: string, etag: string, bytes = 4): void => {
    const content = {
      key: `${PREFIX}${name}`,
      bytes,
      etag,
      nonce: undefined,
      sha256: '0'.repeat(64),
      crc32: 0,
      parts: [{ bytes, crc32: 0 }],
      stream: undefined,
      about: {},
    }
    fake.put(`${PREFIX}.z3/${name}.json`, formatManifest(content))
  }
  for (const dataset of ['tank/a', 'tank/b']) {
    for (const snapshot of ['1', '2', '3', '4']) {
      const name = `${dataset}@${snapshot}`
      putManifest(name, put(name, `body`))
    }
  }
  const host = () => {
    const z3 = z3On({ env: { ...bucket.env, PATH: process.env['PATH'] ?? '' } }, t.testdir({}))
    return async (...args: readonly string[]) => {
      fake.requests.length = 0
      const words = ['verify', '--level', 'head', '--json', ...args]
      const { code, stdout, stderr } = await z3(words, { Z3_MANIFEST: 'yes' })
      const { datasets } = JSON.parse(String(stdout)) as {
        datasets: { restorable?: string[]; objects: { name: string; result: string }[] }[]
      }
      const named = (wanted: string): readonly string[] =>
        datasets
          .flatMap(({ objects }) => objects)
          .filter(({ result }) => result === wanted)
          .map(({ name }) => name)
      const count = (wanted: string): number =>
        fake.requests.filter(({ op }) => op === wanted).length
      const asked = { heads: count('HeadObject'), reads: count('GetObject') }
      return { code, stderr, datasets, ok: named('ok'), damaged: named('damaged'), ...asked }
    }
  }
  return { fake, put, putManifest, host }
}

void t.test('what was asked once is not asked again', async (t) => {
  const { put, putManifest, host } = await setup(t)
  const verify = host()
  t.match(await verify('--all'), { code: 0, ok: { length: 8 }, heads: 8, reads: 8 })
  t.match(await verify('--all'), { code: 0, ok: { length: 8 }, heads: 8, reads: 0 })
  t.match(await verify('--all', '--older-than', '1d'), { code: 0, ok: [], heads: 0, reads: 0 })
  t.match(await verify('--all', '--older-than', '0s'), { ok: { length: 8 }, heads: 8 })

  await t.test('an object that was replaced', async (t) => {
    putManifest('tank/a@2', put('tank/a@2', 'another body'), 12)
    const { ok, heads, reads } = await verify('--all', '--older-than', '1d')
    t.strictSame({ ok, heads, reads }, { ok: ['tank/a@2'], heads: 1, reads: 1 })
  })

  await t.test('a manifest that was replaced', async (t) => {
    putManifest('tank/b@3', 'x', 5)
    const noted = await verify('--all')
    t.match(noted, { code: 0, reads: 1 })
    t.match(noted.stderr, "the manifest of 'z3-backup/tank/b@3' belongs to a replaced object")
    t.equal((await verify('--all')).reads, 1, 'as long as it cannot be compared')
    putManifest('tank/b@3', put('tank/b@3', 'body'), 5)
    t.match(await verify('--all'), { code: 3, damaged: ['tank/b@3'] })
    t.match(await verify('--all', '--older-than', '1d'), { code: 3, damaged: ['tank/b@3'] })
  })
})

void t.test('a sample loads the datasets it needs, and is another one each time', async (t) => {
  const { host } = await setup(t)
  const verify = host()
  const seen: string[] = []
  for (let run = 0; run < 4; run += 1) {
    const { code, ok, heads, datasets } = await verify('--all', '--sample', '25%')
    t.equal(code, 0)
    t.equal(ok.length, 2)
    // metadata of the four objects of one dataset are read once
    t.equal(heads, run % 2 === 0 ? 4 : 2)
    if (run === 0)
      t.strictSame(
        datasets.map(({ restorable }) => restorable?.length),
        [4, undefined],
      )
    seen.push(...ok)
  }
  t.equal(new Set(seen).size, 8)
  t.match(await verify('--all', '--max-time', '0s'), { code: 0, ok: [], heads: 0, reads: 0 })
})

void t.test('a dataset that does not exist is reported before anything is verified', async (t) => {
  const { fake, host } = await setup(t)
  await t.rejects(host()('tank/a', 'tank/nope'))
  t.notOk(fake.requests.some(({ key }) => key.includes('.z3/tank/a@') && key.endsWith('.json')))
})
