import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { until } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { runZfs } from '../src/run.js'

/** A directory with a script in place of zfs. */
const zfsOf = (t: Test, script: string): string => {
  const dir = t.testdir({ zfs: `#!/bin/sh\n${script}\n` })
  chmodSync(`${dir}/zfs`, 0o755)
  return dir
}

const installed = ['/usr/local/sbin', '/usr/sbin', '/sbin'].some((dir) => existsSync(`${dir}/zfs`))

void t.test('arguments arrive as they are, in the locale C', async (t) => {
  const dir = zfsOf(t, `printf '%s|' "$LC_ALL" "$FOO" "$@"; [ -z "$(cat)" ] && echo empty`)
  const run = runZfs({
    env: { PATH: `${dir}:/bin:/usr/bin`, FOO: 'bar', LC_ALL: 'de_DE.UTF-8' },
  })
  t.equal(await run(['list', '-x', "a b'$(id)", '']), "C|bar|list|-x|a b'$(id)||empty\n")
})

void t.test('stderr of a success', async (t) => {
  const dir = zfsOf(t, 'echo out; echo err >&2')
  const run = runZfs({ env: { PATH: `${dir}:/bin` } })
  t.equal(await run(['x']), 'out\n')
  t.equal(await run(['x'], { withStderr: true }), 'out\nerr\n')
})

void t.test('a failure is typed, with all that zfs said', async (t) => {
  const dir = zfsOf(t, `echo half; echo "cannot open 'tank/x': dataset does not exist" >&2; exit 1`)
  const run = runZfs({ env: { PATH: `${dir}:/bin` } })
  await t.rejects(run(['list', 'tank/x']), {
    name: 'Z3Error',
    code: 'no-such-dataset',
    message: "dataset 'tank/x' does not exist",
    cause: { stderr: "cannot open 'tank/x': dataset does not exist\n" },
  })
})

void t.test('killed', async (t) => {
  const dir = zfsOf(t, 'kill -9 $$')
  const run = runZfs({ env: { PATH: `${dir}:/bin` } })
  await t.rejects(run(['list']), {
    code: 'zfs-failed',
    message: 'zfs list was killed by SIGKILL',
  })
})

void t.test(
  'no zfs',
  { skip: installed && 'the one that is installed would be found' },
  async (t) => {
    const run = runZfs({ env: { PATH: t.testdir({}) } })
    await t.rejects(run(['list']), {
      code: 'zfs-unavailable',
      message: "command not found: 'zfs'",
      hint: /Install ZFS.*PATH/,
    })
  },
)

void t.test(
  'a zfs that is no program',
  { skip: installed && 'the one that is installed would be found' },
  async (t) => {
    const dir = zfsOf(t, '')
    chmodSync(`${dir}/zfs`, 0o644)
    const run = runZfs({ env: { PATH: dir } })
    await t.rejects(run(['list']), {
      code: 'zfs-unavailable',
      message: "permission denied to execute 'zfs'",
    })
  },
)

void t.test('aborted: before, and while it runs', async (t) => {
  const dir = zfsOf(t, 'echo $$ > "$PIDFILE"; exec sleep 60')
  const pidFile = `${dir}/pid`
  const reason = new Error('enough')
  await t.rejects(
    runZfs({
      env: { PATH: `${dir}:/bin` },
      signal: AbortSignal.abort(reason),
    })(['x']),
    reason,
  )
  const controller = new AbortController()
  const run = runZfs({
    env: { PATH: `${dir}:/bin`, PIDFILE: pidFile },
    signal: controller.signal,
  })
  const running = run(['x'])
  await until('it has begun', () => pidIn(pidFile))
  const pid = pidIn(pidFile)
  controller.abort(reason)
  await t.rejects(running, reason)
  await until('it is gone', () => !isAlive(pid))
})

/** 0 while there is none. */
const pidIn = (file: string): number => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
