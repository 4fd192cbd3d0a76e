/** The recovery sheet, followed literally where this toolkit is not installed. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  fakeBucket,
  NO_SERVER,
  NO_ZFS,
  runBinary,
  runShell,
  serverBucket,
  testPool,
  testServers,
} from '@z3/fixtures'
import t from 'tap'
import { z3On } from './setup.js'

const server = testServers().find(({ kind, name }) => kind === 'rgw' && name === 'rgw')
const skip = NO_ZFS || (server === undefined && NO_SERVER)

void t.test(
  'the sheet as a script, from an S3 server and from a directory',
  { skip },
  async (t) => {
    if (!server) throw new Error(NO_SERVER)
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    const pool = await testPool('sheet')
    t.teardown(() => pool.close())
    const home = t.testdir({ bucket: {}, restore: {} })
    const identity = join(home, 'identity.txt')
    execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' })
    const recipient = execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim()
    // the host that encrypts does not have the identity
    const env = { Z3_ENCRYPTOR: 'age', Z3_AGE_RECIPIENTS: recipient }
    const datasets = [`${pool.name}/data`, `${pool.name}/data/with a blank`]
    for (const dataset of datasets) {
      await pool.must('zfs create "$D"', { D: dataset })
      for (const day of ['day-1', 'day-2', 'day-3']) {
        await pool.must(
          '"$RUN" sh -c \'head -c 300000 /dev/urandom >> "$1/$2"\' sh "/$D" "$DAY"; zfs snapshot "$D@$DAY"',
          { D: dataset, DAY: day },
        )
      }
    }
    const guids = () =>
      pool.must('zfs list -Hpr -t snapshot -o name,guid "$D"', { D: `${pool.name}/data` })
    const before = await guids()
    const sums = await Promise.all(datasets.map((dataset) => pool.sum(dataset)))

    const stores = [
      { name: 'S3', env: bucket.env },
      { name: 'a directory', env: { BUCKET: `file://${home}/bucket` } },
    ]
    for (const store of stores) {
      const z3 = z3On(store, home)
      const stored = await z3(['backup', '--recursive', `${pool.name}/data`], env)
      t.equal(stored.code, 0, stored.stderr)
      const { code, stdout, stderr } = await z3(['recovery-sheet'], env)
      t.equal(code, 0, stderr)
      const text = String(stdout)
      t.notMatch(text, server.secret)
      t.match(text, '/path/to/age-identity.txt')
      const directory = join(home, 'restore')
      writeFileSync(
        join(directory, 'sheet'),
        text.replaceAll('/path/to/age-identity.txt', identity),
      )
      writeFileSync(
        join(directory, 'z3-curl.conf'),
        `user = "${server.keyId}:${server.secret}"\n`,
        { mode: 0o600 },
      )
      await pool.must('zfs destroy -r "$D"', { D: `${pool.name}/data` })
      const run = await runShell(`cd ${directory} && sh sheet`, {
        env: { PATH: `${dirname(process.env['Z3_TEST_RUN'] ?? '')}:/usr/sbin:/usr/bin:/sbin:/bin` },
      })
      t.equal(run.code, 0, `${store.name}: ${run.stderr}\n${text}`)
      t.equal(await guids(), before, store.name)
      for (const dataset of datasets) await pool.must('zfs mount "$D"', { D: dataset })
      const after = await Promise.all(datasets.map((dataset) => pool.sum(dataset)))
      t.strictSame(after, sums, store.name)
    }
  },
)

void t.test('what the sheet says of odd places', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  t.equal((await z3(['recovery-sheet'])).code, 4)
  bucket.fake.put('z3-backup/tank/a@1', 'x', { isfull: 'true', compressor: 'pigz1' })
  bucket.fake.put('z3-backup/tank/b@1', 'x', { parent: 'tank/b@gone' })
  const sheet = await z3(['recovery-sheet', '--with', 'aws'], { S3_REGION: 'eu-west-1' })
  t.equal(sheet.code, 3)
  t.equal(sheet.stderr, 'z3: tank/b: nothing that can be restored is stored\n')
  const lines = String(sheet.stdout).split('\n')
  t.match(
    lines.find((one) => one.startsWith('get()')),
    /^get\(\) \{ aws --endpoint-url http:\S+ --region eu-west-1 s3 cp --only-show-errors s3:\S+\/"\$1" -; \}$/,
  )
  t.match(
    lines.find((one) => one.startsWith('get ')),
    /^get z3-backup\/tank\/a@1 \| pigz .*-d.* \| zfs receive -u "\$into"tank\/a@1$/,
  )
  t.ok(lines.includes('# tank/b: nothing that can be restored is stored'))
  // what cannot be read is not said to be missing
  bucket.fake.faults = ({ op, key }) =>
    op === 'HeadObject' && key.includes('tank/c@') ? { status: 403 } : undefined
  bucket.fake.put('z3-backup/tank/c@1', 'x', { isfull: 'true' })
  const denied = await z3(['recovery-sheet'])
  t.not(denied.code, 0)
  t.match(String(denied.stdout), /^# tank\/c: could not be read: .+$/m)
  t.match(String(denied.stdout), /zfs receive -u "\$into"tank\/a@1/)
  bucket.fake.faults = () => undefined
  for (const command of ['list', 'recovery-sheet']) {
    t.equal((await z3([command, 'tank/a@1'])).code, 2, `${command} takes datasets`)
  }
  const arn = await runBinary('z3', ['recovery-sheet', '--bucket', 'arn:aws:s3:x'], {})
  t.equal(arn.code, 2)
})

void t.test('archived objects', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const key = (name: string): string => `z3-backup/tank/a b@${name}`
  fake.put(key('1'), 'x', { isfull: 'true', guid: '1', created: '1700000000' })
  fake.put(key('2'), 'x', { parent: 'tank/a b@1', guid: '2', created: '1700000001' })
  fake.put(key('3'), 'x', { parent: 'tank/a b@2', guid: '3', created: '1700000002' })
  const dir = t.testdir({ aws: '#!/bin/sh\nprintf "%s\\n" "$*" >> "${0%/*}/log"\nexit 1\n' })
  const z3 = z3On(bucket, dir)
  const sheet = async (): Promise<string> => {
    const { code, stdout, stderr } = await z3(['recovery-sheet'])
    t.equal(code, 0, stderr)
    return String(stdout)
  }
  t.notMatch(await sheet(), /thaw/i, 'nothing is archived')

  fake.transition('DEEP_ARCHIVE', (one) => one === key('1'))
  fake.transition('GLACIER', (one) => one === key('2'))
  const text = await sheet()
  t.match(text, /^# FIRST THAW what is archived: 2 of the objects \(DEEP_ARCHIVE, GLACIER\)/m)
  t.match(text, 'up to 48 hours')
  t.match(text, /^# - the programs: zfs, curl, aws$/m)
  t.match(text, /^# some are archived: thaw them first, see above$/m)
  writeFileSync(`${dir}/sheet`, text)
  chmodSync(`${dir}/aws`, 0o755)
  const env = { PATH: `${dir}:/usr/bin:/bin` }
  const { code, stderr } = await runShell(`cd ${dir} && sh sheet thaw`, { env })
  t.equal(code, 1, 'as aws')
  t.equal(stderr, '')
  const request = '{"Days":14,"GlacierJobParameters":{"Tier":"Bulk"}}'
  t.strictSame(
    readFileSync(`${dir}/log`, 'utf8').trimEnd().split('\n'),
    ['1', '2'].map(
      (name) =>
        `--endpoint-url ${fake.endpoint} s3api restore-object --bucket bucket --key ${key(name)} --restore-request ${request}`,
    ),
    'the second one, too, if the first fails',
  )
  // an object that nobody can describe is not one that can be read
  fake.faults = ({ op }) => (op === 'HeadObject' ? { status: 403 } : undefined)
  // the other HEAD that is under way is not repeated
  const denied = await z3(['recovery-sheet'], { MAX_RETRIES: '1' })
  t.equal(denied.code, 3, denied.stderr)
})
