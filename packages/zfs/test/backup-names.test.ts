import { DEFAULT_FORMATS } from '@z3/core'
import t from 'tap'
import { backupNames, type BackupNames } from '../src/backup-names.js'

const withFormat = (snapshot: string, utc = true): BackupNames =>
  backupNames('off1', { ...DEFAULT_FORMATS, snapshot, utc })

/** 2026-03-05 09:08:07.006 UTC, a Thursday. */
const DATE = new Date(Date.UTC(2026, 2, 5, 9, 8, 7, 6))

void t.test("zfs-autobackup's names", (t) => {
  const names = backupNames('offsite1', { ...DEFAULT_FORMATS, utc: true })
  t.equal(names.property, 'autobackup:offsite1')
  t.equal(names.holdTag, 'zfs_autobackup:offsite1')
  t.equal(names.snapshotAt(DATE), 'offsite1-20260305090807')
  for (const [snapshot, ours] of [
    ['offsite1-20200218175435', true],
    // a leap day, and one that is none
    ['offsite1-20200229000000', true],
    ['offsite1-20210229000000', false],
    ['offsite1-20201301000000', false],
    ['offsite1-20200218240000', false],
    ['offsite1-20200218175460', false],
    ['offsite1-2020021817543', false],
    ['offsite1-202002181754350', false],
    ['offsite1-20200218175435-x', false],
    ['offsite1-', false],
    ['offsite1', false],
    ['', false],
    ['offsite-20200218175435', false],
    ['offsite11-20200218175435', false],
    ['Offsite1-20200218175435', false],
    ['xoffsite1-20200218175435', false],
    ['offsite1- 0200218175435', false],
    ['offsite1-20200218 75435', false],
    // hours that some zone does not have
    ['offsite1-20260329023000', true],
    ['offsite1-20260308023000', true],
  ] as const) {
    t.equal(names.isOurs(snapshot), ours, snapshot)
  }
  t.end()
})

void t.test('tags', (t) => {
  const make = (tag: string | undefined, tagSeparator: string): BackupNames =>
    backupNames('a', {
      ...DEFAULT_FORMATS,
      utc: true,
      tagSeparator,
      ...(tag === undefined ? {} : { tag }),
    })
  t.equal(make('x', '_').snapshotAt(DATE), 'a-20260305090807_x')
  t.equal(make('x_y', '-').snapshotAt(DATE), 'a-20260305090807-x_y')
  const any = make(undefined, '_')
  t.equal(any.snapshotAt(DATE), 'a-20260305090807')
  for (const [snapshot, ours] of [
    ['a-20260305090807', true],
    ['a-20260305090807_x', true],
    ['a-20260305090807_x_y', true],
    ['a-20260305090807_', true],
    ['a-20260305090807-x', false],
    ['a-20260305_090807', false],
    ['b-20260305090807_x', false],
    ['a_a-20260305090807', false],
    ['x_a-20260305090807', false],
  ] as const) {
    t.equal(any.isOurs(snapshot), ours, snapshot)
  }
  const inside = backupNames('a', {
    ...DEFAULT_FORMATS,
    snapshot: '{}_%Y%m%d_%H%M%S',
    tagSeparator: '_',
  })
  t.equal(inside.isOurs('a_20260305_090807_x'), true)
  t.equal(inside.isOurs('a_20260305_x'), false)
  const plain = backupNames('a', DEFAULT_FORMATS)
  t.equal(plain.isOurs('a-20260305090807_x'), false, 'no tags were asked for')
  t.throws(() => make('', '_'), { code: 'usage', message: /non-empty/ })
  t.throws(() => make('x', ''), { code: 'usage', message: /non-empty/ })
  t.throws(() => make('a/b', '_'), { code: 'usage', message: /'\/'/ })
  t.throws(() => make('x'.repeat(250), '_'), { code: 'usage' })
  t.end()
})

void t.test('local time, unless utc', (t) => {
  const zone = process.env['TZ']
  process.env['TZ'] = 'America/New_York'
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  const local = backupNames('x', DEFAULT_FORMATS)
  t.equal(local.snapshotAt(DATE), 'x-20260305040807')
  t.equal(local.isOurs('x-20260308023000'), true, 'an hour that is missing here')
  // some of these fall into the hour that comes twice, or never
  const hour = 60 * 60 * 1000
  for (let n = 0; n < 3000; n++) {
    const date = new Date(Date.UTC(2026, 0, 1) + n * 7 * hour)
    const name = local.snapshotAt(date)
    if (!local.isOurs(name)) t.fail(name)
  }
  const utc = backupNames('x', { ...DEFAULT_FORMATS, utc: true })
  t.equal(utc.snapshotAt(DATE), 'x-20260305090807')
  t.end()
})

void t.test('formats', (t) => {
  for (const [format, snapshot] of [
    ['{}-%Y-%m-%d_%H:%M', 'off1-2026-03-05_09:08'],
    ['%Y%m%d{}', '20260305off1'],
    ['{}.%Y%m%d-{}', 'off1.20260305-off1'],
    ['{}-%s', 'off1-1772701687'],
    ['{} %d %b %Y %I%p', 'off1 05 Mar 2026 09AM'],
    ['{}_%G-W%V', 'off1_2026-W10'],
    ['{}-%Y%j', 'off1-2026064'],
    ['{}-%y%m%d-%a', 'off1-260305-Thu'],
    ['{}-%A %e %B %Y', 'off1-Thursday  5 March 2026'],
    ['{}-%H%M%S.%L', 'off1-090807.006'],
    // nothing of it means anything
    ['{}.(a+)-%Y', undefined],
    ['{}.-%Y', 'off1.-2026'],
  ] as const) {
    if (snapshot === undefined) {
      t.throws(() => withFormat(format), { code: 'usage' })
      continue
    }
    const names = withFormat(format)
    t.equal(names.snapshotAt(DATE), snapshot)
    t.equal(names.isOurs(snapshot), true, snapshot)
    t.equal(names.isOurs(`${snapshot}x`), false)
    t.equal(names.isOurs(`x${snapshot}`), false)
  }
  t.equal(withFormat('{}.-%Y').isOurs('off1x-2026'), false, '. is a point')
  t.end()
})

void t.test('formats that are refused, and why', (t) => {
  for (const [format, message] of [
    ['{}', / "\{\}" contains no time: two runs would create the same name$/],
    ['', /contains no time/],
    ['{}-%f', /'%f', which cannot be parsed back \(allowed: %Y %m /],
    ['{}-%Y%Z', /'%Z', which/],
    ['{}-%Y%z', /'%z', which/],
    ['{}-%-d', /'%-', which/],
    ['{}-%Y%%', /'%%', which/],
    ['{}-%Y%', /'%', which/],
    ['{}-%c', /'%c', which/],
    ['{}-%Y/%m', /would be "off1-2028\/01": it has a '\/' after the '@'$/],
    ['{}-%Y@%m', /would be "off1-2028@01": it has more than one '@'$/],
    ['{}-%Yü', /it has the character "ü"$/],
    ['{}-%Y{0}', /contains a stray '\{'/],
    ['{}-%Y}', /contains a stray '\}'/],
    ['{{}}-%Y', /would be "\{\}-2028": it has the character "\{"$/],
    ['{}-%m%d', /cannot be parsed back: 'off1-0229' has no complete time$/],
    ['{}-%Y-%U', /cannot be parsed back: /],
    // d3 does not read the day of an ISO week
    ['{}_%G-W%V-%u', /cannot be parsed back: /],
    [`{}${'x'.repeat(250)}%Y`, /longer than 255 characters$/],
  ] as const) {
    t.throws(() => withFormat(format), { code: 'usage', message }, format)
  }
  t.end()
})

void t.test('names of backups that no property or hold can have', (t) => {
  for (const [name, message] of [
    ['', /^the name of the backup is empty$/],
    ['Daily', /"autobackup:Daily": it contains "D"/],
    ['a b', /it contains " "/],
    ['a,b', /it contains ","/],
    ['a%Y', /it contains "%"/],
    ['a@b', /it contains "@"/],
    ['é', /it contains "é"/],
    ['a'.repeat(300), /exceeds 255/],
  ] as const) {
    t.throws(() => backupNames(name, DEFAULT_FORMATS), { code: 'usage', message }, name)
  }
  for (const [part, format, message] of [
    ['property', '{}', /would be "x": it contains no ':'$/],
    ['property', '-{}:a', /begins with '-'$/],
    ['property', '{}:{a}', /the property format .* contains a stray '\{'/],
    ['hold', '', /the hold tag would be "": it is empty/],
    ['hold', '.{}', /it is empty, or begins with '.' or '-'$/],
    ['hold', '-{}', /it is empty, or begins with '.' or '-'$/],
    ['hold', '{}\t', /non-ASCII character$/],
  ] as const) {
    t.throws(
      () => backupNames('x', { ...DEFAULT_FORMATS, [part]: format }),
      { code: 'usage', message },
      format,
    )
  }
  const { holdTag, property } = backupNames('x.y:z_0-1', {
    ...DEFAULT_FORMATS,
    hold: '{{{}}} a/b',
    property: 'my:{}.{}',
  })
  t.equal(holdTag, '{x.y:z_0-1} a/b')
  t.equal(property, 'my:x.y:z_0-1.x.y:z_0-1')
  t.throws(
    () =>
      backupNames('%Y', {
        ...DEFAULT_FORMATS,
        property: 'a:b',
        hold: 'c',
      }),
    { message: /it contains '%'/ },
    'it would be a directive',
  )
  t.end()
})
