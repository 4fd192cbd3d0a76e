/** The crontab of docs/operating.md, line by line, as cron runs it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import {
  docBlocks,
  NO_SERVER,
  NO_ZFS,
  runShell,
  serverBucket,
  testPool,
  testServers,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { readCrontab, type CronJob } from './read-crontab.js'

const [server] = testServers()

/** What the page says, but for the pool: tests have pools of their own. */
const crontab = (pool: string) => {
  const [block] = docBlocks('docs/operating.md', 'Every night')
  const lines = block?.lines ?? []
  return readCrontab(lines.map((line) => line.replaceAll('tank/', `${pool}/`)))
}

void t.test('what is printed', (t) => {
  const { environment, jobs } = crontab('tank')
  t.match(environment, { PATH: /^\/usr\/local\/sbin:/ })
  t.strictSame(Object.keys(environment), ['PATH'])
  t.ok(jobs.length >= 4)
  t.ok(jobs.every(({ user, command }) => user === 'root' && /^z3 /.test(command)))
  const monthly = jobs.filter(({ day }) => day !== '*')
  t.match(monthly, [{ day: '1', command: / --full / }, { day: '1' }])
  t.end()
})

const skip = NO_ZFS || (!server && NO_SERVER)

void t.test('nights and a month', { skip }, async (t) => {
  if (!server) throw new Error(NO_SERVER)
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const pool = await testPool('cron')
  t.teardown(() => pool.close())
  const datasets = ['data', 'home'].map((name) => `${pool.name}/${name}`)
  for (const dataset of datasets) {
    await pool.must('zfs create "$DATASET"', { DATASET: dataset })
  }
  const take = async (day: string) => {
    for (const dataset of datasets) {
      await pool.must(
        `"$RUN" sh -c 'head -c 300000 /dev/urandom > "/$1/of-$2"' sh "$DATASET" ${day}
         zfs snapshot "$DATASET@zfs-auto-snap:daily-${day}"`,
        { DATASET: dataset },
      )
    }
  }

  // what an administrator has installed: programs and a configuration
  const home = t.testdir({ '.config': { z3: {} } })
  writeFileSync(
    `${home}/.config/z3/z3.conf`,
    ['[main]', ...Object.entries(bucket.env).map((pair) => pair.join('='))].join('\n'),
    { mode: 0o600 },
  )
  const bin = `${home}/sbin`
  mkdirSync(bin)
  const { NODE_EXTRA_CA_CERTS: ca = '' } = process.env
  const zfs = await pool.must('command -v zfs')
  const z3 = await pool.must('command -v z3')
  for (const [name, line] of [
    ['zfs', `exec '${zfs.trim()}' "$@"`],
    ['node', `exec '${process.execPath}' "$@"`],
    ['z3', `${ca === '' ? '' : `export NODE_EXTRA_CA_CERTS='${ca}'\n`}exec '${z3.trim()}' "$@"`],
  ] as const) {
    writeFileSync(`${bin}/${name}`, `#!/bin/sh\n${line}\n`)
    chmodSync(`${bin}/${name}`, 0o755)
  }
  const { environment, jobs } = crontab(pool.name)

  /** As cron does: crontab(5). What is printed, it mails. */
  const run = (command: string) =>
    runShell(
      `exec unshare -m sh -c 'mount --bind "$BIN" /usr/local/sbin &&
         cd "$CRON_HOME" && exec env -i HOME="$CRON_HOME" LOGNAME=root SHELL=/bin/sh PATH="$CRON_PATH" /bin/sh -c "$COMMAND"'`,
      {
        env: {
          BIN: bin,
          CRON_HOME: home,
          CRON_PATH: environment['PATH'] ?? '/usr/bin:/bin',
          COMMAND: command,
        },
      },
    )
  const runJobs = async (t: Test, night: readonly CronJob[]) => {
    for (const { command } of night) {
      const { code, stdout, stderr } = await run(command)
      t.equal(code, 0, command)
      t.equal(`${String(stdout)}${stderr}`, '', 'cron mails nothing')
    }
  }
  const stored = async () =>
    (await bucket.keys())
      .filter((key) => key.startsWith(`z3-backup/${pool.name}/data@`))
      .map((key) => key.replace(/^.*daily-/, ''))
  const nightly = jobs.filter(({ day }) => day === '*')

  for (const [day, night, expected] of [
    ['10-30', nightly, ['10-30']],
    ['10-31', nightly, ['10-30', '10-31']],
    ['11-01', jobs, ['10-30', '10-31', '11-01', '11-01.full']],
    ['11-02', nightly, ['10-30', '10-31', '11-01', '11-01.full', '11-02']],
    ['12-01', jobs, undefined],
    // nothing new, on the first of a month
    [undefined, jobs, undefined],
  ] as const) {
    await t.test(day ?? 'the same day again', async (t) => {
      if (day !== undefined) await take(day)
      await runJobs(t, night)
      if (expected) t.strictSame(await stored(), expected)
    })
  }

  await t.test('the month restores without the one before', async (t) => {
    for (const dataset of datasets) {
      const name = `${dataset}@zfs-auto-snap:daily-12-01`
      const { metadata } = await bucket.head(`z3-backup/${dataset}@zfs-auto-snap:daily-11-02`)
      t.match(metadata, {
        parent: `${dataset}@zfs-auto-snap:daily-11-01.full`,
      })
      const into = `${dataset}-back`
      const back = await run(`z3 restore --quiet ${name} --into ${into}`)
      t.equal(back.code, 0, back.stderr)
      t.equal(await pool.sum(into), await pool.sum(dataset))
    }
  })

  await t.test('a failure is mailed', async (t) => {
    await pool.must('zfs rename "$POOL/data" "$POOL/moved"')
    const [backup] = nightly
    const { code, stdout, stderr } = await run(backup?.command ?? '')
    t.equal(code, 4)
    t.equal(String(stdout), '')
    t.match(stderr, /^z3: .*data/)
  })
})
