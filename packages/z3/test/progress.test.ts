/** Progress on a real terminal: z3 verify needs no ZFS. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { fakeBucket, runBinary, runOnTerminal } from '@z3/fixtures'
import t from 'tap'

const SIZE = 2 * 1024 ** 2

void t.test('z3 verify on a terminal', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  for (const name of ['tank/data@daily-2026-11-30', 'tank/home@daily-2026-11-30']) {
    bucket.fake.put(`z3-backup/${name}`, 'x'.repeat(SIZE), { isfull: 'true', created: '1' })
  }
  const run = (words: string, columns: number, env: Readonly<Record<string, string>>) =>
    runOnTerminal(`stty cols ${String(columns)} rows 20; z3 verify --rate 1M ${words}`, [], {
      ...bucket.env,
      HOME: t.testdirName,
      Z3_MANIFEST: 'no',
      LANG: 'C.UTF-8',
      ...env,
    })
  const verify = async (...args: Parameters<typeof run>) => (await run(...args)).screen
  const all = await verify('--all --parallel 2', 70, { TERM: 'xterm' })
  t.match(all, /tank\/data@\S+ \(1\/1\) {2}.*of about 2M/)
  t.match(all, /^total of 2 {2}/m)
  t.match(all, '\x1b[3A', 'redrawn in place')
  // the widths of what is drawn, and of nothing else
  const drawn = stripVTControlCharacters(all)
    .split(/\r?\n|\r/)
    .filter((line) => /^t\S+.* {2}\d+/.test(line))
  t.ok(drawn.length > 4, String(drawn.length))
  for (const line of drawn) t.ok(line.length < 70, line)
  const narrow = await verify('tank/data', 30, { TERM: 'xterm' })
  t.match(narrow, /tank\/\S*…\S*\/1\) {2}\S.{0,14}\r$/m)

  // bytes count when their range has come
  const ranges = { TERM: 'xterm', CHUNK_SIZE: '256K', CONCURRENCY: '1' }
  const data = await run('--level data tank/data', 100, ranges)
  t.equal(data.code, 0, data.screen)
  t.match(data.screen, /tank\/data@daily-2026-11-30 \(1\/1\) {2}[1-9]\S* of about 2M {2}\d+ % {2}/)

  const dumb = await verify('tank/data', 80, { TERM: 'dumb' })
  t.notMatch(dumb, '\x1b')
  t.match(dumb, /^z3: tank\/data@daily-2026-11-30 \(1\/1\) {2}0s\r$/m)

  await t.test('and as a service', async (t) => {
    const dir = t.testdir({ 'systemd-notify': `#!/bin/sh\necho "$1" >> "\${0%/*}/log"\n` })
    chmodSync(`${dir}/systemd-notify`, 0o755)
    const status = async () => {
      const args = ['verify', '--quiet', '--level', 'data', 'tank/data']
      const { code, stderr } = await runBinary('z3', args, {
        env: {
          ...bucket.env,
          ...{ HOME: dir, Z3_MANIFEST: 'no', NOTIFY_SOCKET: '/run/none' },
          PATH: `${dir}:${process.env['PATH'] ?? ''}`,
        },
      })
      t.equal(code, 0, stderr)
      t.equal(stderr, '')
    }
    await status()
    const said = readFileSync(`${dir}/log`, 'utf8')
    t.match(said, /^--status=listing tank\/data\n/)
    t.match(said, /\n--status=\n$/, 'removed at the end')
    // it is never the reason for a failure
    writeFileSync(`${dir}/systemd-notify`, '#!/bin/sh\nexit 1\n')
    await status()
  })
})
