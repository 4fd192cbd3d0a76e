import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fakeBucket } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from '../setup.js'
import { openDemo } from './demo-scene.js'
import { parsePage, type ParsedPage } from './parse-page.js'

const KEY = 'z3-backup/'
/** No zfs in PATH. */
const NO_ZFS_HERE = { PATH: '/nonexistent' }

/** Epoch seconds. */
const ago = (seconds: number) => String(Math.floor(Date.now() / 1000) - seconds)

/** What every page is, whatever is on it. */
const checkPage = (t: Test, text: string): ParsedPage => {
  const page = parsePage(text)
  t.strictSame(page.errors, [], 'well-formed')
  const names = new Set(page.elements.map(({ name }) => name))
  for (const name of [
    'script',
    'img',
    'link',
    'iframe',
    'object',
    'form',
    'base',
    'image',
    'use',
  ]) {
    t.notOk(names.has(name), `no ${name}`)
  }
  const attributes = page.elements.flatMap((one) => Object.entries(one.attributes))
  t.notOk(
    attributes.some(([name]) => /^on|^style$|^src/.test(name)),
    'no event, no style, no source',
  )
  const links = attributes.filter(([name]) => name === 'href').map(([, value]) => value)
  const ids = attributes.filter(([name]) => name === 'id').map(([, value]) => value)
  t.equal(new Set(ids).size, ids.length, 'ids are unique')
  t.ok(
    links.every((link) => link.startsWith('#') && ids.includes(link.slice(1))),
    'links lead on',
  )
  const policy = page.elements.find(
    ({ name, attributes }) => name === 'meta' && 'http-equiv' in attributes,
  )
  t.equal(policy?.attributes['content'], "default-src 'none'; style-src 'unsafe-inline'")
  t.notMatch(text, /url\(|@import/, 'nothing is loaded')
  const levels = page.elements.flatMap(({ name }) => /^h([1-6])$/.exec(name)?.[1] ?? []).map(Number)
  t.ok(
    levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1),
    'headings are in order',
  )
  t.equal(levels.filter((level) => level === 1).length, 1)
  const drawings = page.elements.filter(({ attributes }) => attributes['role'] === 'img')
  t.ok(
    drawings.every(({ attributes }) =>
      attributes['aria-labelledby']?.split(' ').every((id) => ids.includes(id)),
    ),
  )
  return page
}

void t.test('the backups of three datasets', async (t) => {
  const home = t.testdir({})
  const report = await openDemo(home, Date.now() / 1000)
  const { code, stdout, stderr } = await report('--all', '--max-age', '26h')
  t.equal(code, 3)
  t.match(stderr.split('\n'), [
    'z3: tank/home: 14 stored snapshots are not healthy',
    /^z3: tank\/home: the newest good backup, auto-\S+, is 17d 2h old$/,
    '',
  ])
  const page = checkPage(t, String(stdout))
  t.strictSame(page.texts('h2'), [
    ...['What is wrong', 'All datasets', 'tank/home', 'tank/data', 'tank/vm/mail'],
    'Datasets without a backup',
  ])
  t.match(
    page.texts('header')[0],
    /Not healthy: 1 of 3 datasets.*Stored snapshots 197 Bytes stored 709G/,
  )
  t.match(
    page.texts('header')[0],
    /Newest backup 2h 30m tank\/data Longest without a backup 17d 2h tank\/home/,
  )
  const commands = page.elements.filter(({ attributes }) => attributes['class'] === 'command')
  t.strictSame(
    commands.slice(0, 2).map(({ text }) => text),
    ['z3 status --check tank/home', 'z3 backup --full tank/home'],
  )
  const [wrong, , , data, mail, others] = page.texts('section')
  t.match(wrong, /@auto-\S+ : missing parent @auto-/)
  t.match(data, /would delete [1-9]\d of 84 objects, \d+(\.\d+)?G/)
  t.match(data, /Every snapshot .* is stored/)
  t.match(
    mail,
    /2 snapshots of this host not backed up: auto-\S+ auto-\S+ z3 backup tank\/vm\/mail/,
  )
  t.match(others, '2 datasets on this host: tank tank/scratch')
  const rows = page.texts('tr').filter((text) => text.startsWith('auto-'))
  t.equal(rows.length, 197)
  t.match(
    rows[0],
    /^auto-\S+ 20\S+ \d\d:\d\d 2d 2h incremental auto-\S+ 952M parent broken – never keep: parent broken$/,
  )
  t.ok(rows.some((row) => /ago \(stream\) keep: 1d1m/.test(row)))
  t.ok(rows.some((row) => row.includes('ago (data)')))
  t.ok(rows.some((row) => row.includes('never')))
  t.ok(rows.some((row) => row.includes('parent broken')))
  t.ok(rows.some((row) => row.endsWith('delete')))

  await t.test('one dataset, to a file', async (t) => {
    const file = `${home}/page.html`
    await writeFile(file, 'old')
    symlinkSync(file, `${home}/link.html`)
    const { code, stdout, stderr } = await report('tank/data', '--output', `${home}/link.html`)
    t.equal(code, 0, stderr)
    t.equal(String(stdout), '')
    t.equal(stderr, '')
    const page = checkPage(t, readFileSync(file, 'utf8'))
    t.strictSame(page.texts('h1'), ['Backups of tank/data'])
    t.match(page.texts('header')[0], 'Healthy')
    t.strictSame(page.texts('h2'), ['tank/data', 'Datasets without a backup'])
    t.match(page.texts('section').at(-1), 'None below the named ones.')
    t.equal(statSync(file).mode & 0o711, 0o600, 'as umask lets')
    t.notOk(readdirSync(home).some((name) => name.endsWith('.part')))
  })

  await t.test('a file that cannot be written is said before anything is read', async (t) => {
    mkdirSync(`${home}/directory`)
    const directory = await report('--all', '--output', `${home}/directory`)
    t.equal(directory.code, 2)
    t.match(directory.stderr, 'is a directory')
    t.equal((await report('--all', '--output', '/dev/null')).code, 2)
    t.equal((await report('--all', '--output', `${home}/none/page.html`)).code, 1)
    t.notOk(existsSync(`${home}/none`))
  })

  await t.test('the store of the command line stands in the commands', async (t) => {
    const bucket = `file://${home}/backups`
    const { stdout } = await report('tank/home', '--bucket', bucket)
    t.match(String(stdout), `>z3 status --bucket ${bucket} --check tank/home</code>`)
  })

  await t.test('wrong command lines', async (t) => {
    t.equal((await report('--all', 'tank/data')).code, 2)
    t.equal((await report('--max-age', 'old', 'tank/data')).code, 2)
    t.equal((await report()).code, 2, 'no dataset')
    t.equal((await report('tank@x')).code, 2)
    const missing = await report('tank/data', 'tank/dta', '--output', `${home}/not.html`)
    t.equal(missing.code, 4)
    t.match(missing.stderr, "dataset 'tank/dta' exists neither on this host nor in the store")
    t.notOk(existsSync(`${home}/not.html`))
    t.equal((await report('--all', '--s3-prefix', 'none/')).code, 4)
  })

  await t.test('a dataset of this host without any backup', async (t) => {
    const { code, stdout } = await report('tank/scratch')
    t.equal(code, 3)
    const page = checkPage(t, String(stdout))
    t.match(page.texts('section')[0], /there is no good backup.*z3 backup tank\/scratch/)
    t.match(page.texts('section')[1], 'Nothing is stored.')
  })
})

void t.test('a bucket that is hostile, and a host without zfs', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  const report = (...args: readonly string[]) => z3(['report', ...args], NO_ZFS_HERE)
  const put = (name: string, metadata: Readonly<Record<string, string>>, body = 'ten bytes.') =>
    bucket.fake.put(`${KEY}${name}`, body, metadata)
  put('tank/data@day 1', { isfull: 'true', guid: '1', created: ago(7200) })
  put('tank/data@<script>alert(1)</script>', { isfull: 'true' })
  put(`tank/data@"'><svg onload=x>&\u202e\u0007`, { isfull: 'true' })
  put('tank/data@day-2', { isfull: 'true', compressor: '</td></table><script>x</script>' })
  put('tank/data@day-3', { parent: '"><img src=x onerror=y>@z', created: '99999999999999999999' })
  put('tank/data@day-4', { isfull: 'true', created: '8640000000000' })
  put('tank/data@day-5', { isfull: 'true', created: '0', snapshot: '<b>' })
  put('tank/data@day-6', { parent: 'tank/data@day-6' })
  put('tank/data@day-7', { parent: 'other/data@day 1' })
  const object = put('tank/data@day-8', { isfull: 'true', created: ago(60) })
  bucket.fake.objects.set(`${KEY}tank/data@day-8`, { ...object, storageClass: '"><script>z' })

  const { code, stdout, stderr } = await report('--all')
  t.equal(code, 3, stderr)
  t.notMatch(stderr, '\u001b')
  const page = checkPage(t, String(stdout))
  const text = page.texts('section').join('\n')
  t.match(text, 'Unknown: the snapshots of this host cannot be listed (command not found:')
  t.match(text, 'Unknown: the datasets of this host cannot be listed (command not found:')
  t.match(String(stdout), 'unknown which snapshots are not backed up.')
  t.notMatch(String(stdout), ' 0 snapshots not backed up')
  t.match(text, '<script>alert(1)</script>')
  t.match(text, `"'><svg onload=x>&\\u202e\\x07`)
  t.match(text, '"><script>z')
  t.match(text, 'bad metadata: compressor is not a name')
  t.match(text, 'newest healthy day-4 , created in the future, restored from 1 object')
  t.notMatch(page.elements.map(({ attributes }) => Object.keys(attributes)).flat(), ['onload'])

  await t.test('requests: a listing of the prefix, and two of each dataset', async (t) => {
    bucket.fake.requests.length = 0
    await z3(['report', '--all'], { ...NO_ZFS_HERE, Z3_MANIFEST: 'yes' })
    t.strictSame(
      bucket.fake.requests.map(({ op, query }) => [op, query['prefix']]).sort(),
      [KEY, `${KEY}.z3/tank/data@`, `${KEY}tank/data@`]
        .sort()
        .map((prefix) => ['ListObjectsV2', prefix]),
    )
  })
  await t.test('a dataset that cannot be read', async (t) => {
    put('tank/ok@1', { isfull: 'true', guid: '5', created: ago(60) })
    bucket.fake.faults = ({ query }) =>
      query['prefix'] === `${KEY}tank/ok@` ? { status: 403, code: 'AccessDenied' } : undefined
    const { code, stdout, stderr } = await report('tank/ok', 'tank/data')
    t.equal(code, 3)
    t.match(stderr, /z3: tank\/ok: .*access denied/)
    const page = checkPage(t, String(stdout))
    t.match(page.texts('header')[0], /Not healthy: 1 of 2 datasets Unknown: 1/)
    t.match(page.texts('header')[0], 'Bytes stored at least')
    t.match(
      page.texts('section').at(-2),
      /tank\/ok unknown Its objects cannot be read: .*access denied/,
    )
    t.equal((await report('tank/ok')).code, 1, 'alone: an error as any other')
    bucket.fake.faults = undefined
    t.equal((await report('tank/ok')).code, 0)
  })
  await t.test('records that may not be listed are not known', async (t) => {
    bucket.fake.faults = ({ query }) =>
      query['prefix']?.includes('.z3/') ? { status: 403, code: 'AccessDenied' } : undefined
    const { code, stdout } = await z3(['report', 'tank/ok'], { ...NO_ZFS_HERE, Z3_MANIFEST: 'yes' })
    t.equal(code, 0)
    const rows = parsePage(String(stdout)).texts('tr')
    t.match(rows.at(-1), /STANDARD unknown$/)
  })
})

void t.test('a thousand snapshots, and one more', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  for (let i = 0; i <= 1000; i += 1) {
    const parent = { parent: `tank/data@s${String(i - 1)}`, 'parent-guid': String(i) }
    bucket.fake.put(`${KEY}tank/data@s${String(i)}`, 'x', {
      ...(i === 0 ? { isfull: 'true' } : parent),
      ...{ guid: String(i + 1), created: ago((1000 - i) * 3600) },
    })
  }
  const { code, stdout } = await z3On(bucket, t.testdir({}))(['report', 'tank/data'], NO_ZFS_HERE)
  t.equal(code, 0)
  const page = checkPage(t, String(stdout))
  t.match(page.texts('summary'), ['The newest 1,000 of 1,001 stored snapshots'])
  t.notOk(page.elements.some(({ name, attributes }) => name === 'details' && 'open' in attributes))
  t.equal(page.texts('tr').length, 1001)
  t.match(page.texts('section')[0], '1 older snapshot not shown')
  t.match(page.texts('section')[0], /9\d\d snapshots not drawn: others are in the same place/)
  t.ok(stdout.length < 1_000_000, String(stdout.length))
})
