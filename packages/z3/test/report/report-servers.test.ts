import { NO_SERVER, NO_ZFS, serverBucket, testPool, testServers } from '@z3/fixtures'
import t from 'tap'
import { z3On } from '../setup.js'
import { parsePage } from './parse-page.js'

const [server] = testServers()
const skip = NO_ZFS || (server ? false : NO_SERVER)

void t.test('backups of real ZFS on a real server', { skip }, async (t) => {
  if (!server) throw new Error(NO_SERVER)
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const pool = await testPool('page')
  t.teardown(() => pool.close())
  const z3 = z3On(bucket, t.testdir({}))
  const dataset = `${pool.name}/data`
  const take = (name: string) => pool.must('zfs snapshot "$S"', { S: `${dataset}@${name}` })
  await pool.must('zfs create "$D"; zfs create "$D/child"', { D: dataset })
  for (const name of ['one', 'two', 'three']) await take(name)
  const manifest = { Z3_MANIFEST: 'yes' }
  for (const words of [['backup'], ['verify', '--level', 'data']]) {
    const { code, stderr } = await z3([...words, dataset], manifest)
    t.equal(code, 0, stderr)
  }
  await take('four')

  const { code, stdout, stderr } = await z3(['report', '--all', '--max-age', '1h'], {
    ...manifest,
    Z3_RETENTION: '1',
  })
  t.equal(code, 0, stderr)
  t.equal(stderr, '')
  const page = parsePage(String(stdout))
  t.strictSame(page.errors, [])
  t.match(page.texts('header')[0], `Backups of ${dataset}`)
  t.match(page.texts('header')[0], 'Healthy')
  const rows = page.texts('tr').slice(1)
  t.match(rows, [
    /^three .* incremental two .* ok .* ago \(data\) keep: last, newest$/,
    /^two .* incremental one .* ok .* ago \(data\) keep: parent of @three$/,
    /^one .* full – .* ok .* ago \(data\) keep: parent of @/,
  ])
  const [section, others] = page.texts('section')
  t.match(section, 'would delete none of 3 objects')
  t.match(section, `1 snapshot of this host not backed up: four z3 backup ${dataset}`)
  t.match(others, `${dataset}/child`)

  await bucket.remove(`z3-backup/${dataset}@two`)
  const broken = await z3(['report', dataset], manifest)
  t.equal(broken.code, 3)
  const [wrong] = parsePage(String(broken.stdout)).texts('section')
  t.match(wrong, '1 stored snapshot is not healthy @three : missing parent @two')
  t.match(wrong, `z3 backup --full ${dataset}`)
})
