import { NO_ZFS } from '@z3/fixtures'
import t from 'tap'
import { makeScene } from './scene.js'

void t.test('parents by RETENTION, pruned and restored', { skip: NO_ZFS }, async (t) => {
  const { dataset, pool, fake, main, take, key } = await makeScene(t)
  const env = { Z3_RETENTION: '1' }
  for (const name of ['a', 'b', 'c', 'd']) await take(name, 20_000)
  const { code, stderr } = await main(['backup', dataset], env)
  t.equal(code, 0, stderr)
  const parents = ['a', 'b', 'c', 'd'].map(
    (name) => fake.objects.get(key(name))?.metadata['parent'],
  )
  t.strictSame(parents, [undefined, `${dataset}@a`, `${dataset}@a`, `${dataset}@a`])
  // the parent is gone at the source, and its bookmark is left
  await pool.must('zfs destroy "$DATASET@a"', { DATASET: dataset })
  await take('e', 20_000)
  const next = await main(['backup', dataset], env)
  t.equal(next.code, 0, next.stderr)
  t.equal(fake.objects.get(key('e'))?.metadata['parent'], `${dataset}@a`)
  const pruned = await main(['prune', dataset], env)
  t.equal(pruned.code, 0, pruned.stderr)
  t.strictSame([...fake.objects.keys()].sort(), [key('a'), key('e')])
  // the bookmarks of what is stored no longer go with the next backup
  const marked = async () =>
    Number(await pool.must('zfs list -H -t bookmark -d 1 -o name "$D" | wc -l', { D: dataset }))
  t.equal(await marked(), 5)
  await take('f', 20_000)
  t.equal((await main(['backup', dataset], env)).code, 0)
  t.equal(await marked(), 3, 'a, e and f')
  t.equal(fake.objects.get(key('f'))?.metadata['parent'], `${dataset}@a`)
  const into = `${pool.name}/back`
  const restored = await main(['restore', '--latest', dataset, '--into', into])
  t.equal(restored.code, 0, restored.stderr)
  await pool.must('"$RUN" diff -r "/$DATASET/.zfs/snapshot/f" "/$INTO"', {
    DATASET: dataset,
    INTO: into,
  })
})

void t.test(
  'a parent that is pruned while its increment is uploaded',
  { skip: NO_ZFS },
  async (t) => {
    const { dataset, fake, main, take, key } = await makeScene(t)
    await take('a', 20_000)
    t.equal((await main(['backup', dataset])).code, 0)
    await take('b', 20_000)
    // it cannot be looked at: nothing is proved wrong
    let completed = false
    fake.faults = ({ op, key: at }) => {
      if (op === 'CompleteMultipartUpload') completed = true
      const isLook = at === key('a') && (op === 'HeadObject' || op === 'GetObject')
      return completed && isLook ? { status: 403, code: 'AccessDenied' } : undefined
    }
    const unknown = await main(['backup', dataset])
    t.equal(unknown.code, 3, unknown.stderr)
    t.match(unknown.stderr, `its parent '${dataset}@a' still exists is not known: `)
    t.ok(fake.objects.has(key('b')))

    fake.objects.delete(key('b'))
    fake.faults = ({ op }) => {
      if (op === 'CompleteMultipartUpload') fake.objects.delete(key('a'))
      return undefined
    }
    const gone = await main(['backup', dataset], { Z3_MANIFEST: 'yes' })
    t.equal(gone.code, 3, gone.stderr)
    t.match(
      gone.stderr,
      `'${dataset}@a' was deleted or replaced while '${dataset}@b' was uploaded from it`,
    )
    t.strictSame([...fake.objects.keys()], [], 'neither object nor manifest')
  },
)
