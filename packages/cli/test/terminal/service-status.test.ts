/** The status text of a service: with a program that stands for systemd-notify, and the real one. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { openServiceStatus, ServiceStatus } from '../../src/terminal/service-status.js'

const { PATH = '' } = process.env

/** A systemd-notify that does this, and what it was given: a line for each word and variable. */
const fakeNotify = (t: Test, script = '') => {
  const dir = t.testdir({
    'systemd-notify': `#!/bin/sh\nprintf '%s\\n' "$@" >> ${t.testdirName}/log\n${script}\n`,
  })
  chmodSync(`${dir}/systemd-notify`, 0o755)
  return {
    env: { PATH: `${dir}:${PATH}`, NOTIFY_SOCKET: '/run/none', S3_SECRET: 'secret' },
    log: () =>
      existsSync(`${dir}/log`) ? readFileSync(`${dir}/log`, 'utf8').trimEnd().split('\n') : [],
    dir,
  }
}

void t.test('only for a service', (t) => {
  t.equal(openServiceStatus({}), undefined)
  t.equal(openServiceStatus({ NOTIFY_SOCKET: '' }), undefined)
  t.ok(openServiceStatus({ NOTIFY_SOCKET: '@abstract' }))
  t.end()
})

void t.test('the first line at once, then the newest now and then', async (t) => {
  const { env, log } = fakeNotify(t, 'env > "${0%/*}/env"')
  const status = new ServiceStatus(env, 300)
  status.show(['--help\nMAINPID=1', 'total'])
  await until('it is sent', () => log().length === 1)
  t.strictSame(log(), ['--status=--help MAINPID=1'], 'one word, one line')
  for (let i = 0; i < 20; i += 1) status.show([`line ${String(i)}`])
  await until('the next one is sent', () => log().length === 2)
  t.equal(log()[1], '--status=line 19')
  status.show(['line 19'])
  await sleep(400)
  t.equal(log().length, 2, 'nothing new')
  await status.close()
  t.equal(log()[2], '--status=', 'the text is removed')
  await status.close()
  t.equal(log().length, 3)
  t.notMatch(readFileSync(`${t.testdirName}/env`, 'utf8'), 'secret')
})

void t.test('nothing is sent at the end of a run without progress', async (t) => {
  const { env, log } = fakeNotify(t)
  await new ServiceStatus(env).close()
  t.strictSame(log(), [])
})

void t.test('a program that fails, hangs or is missing', async (t) => {
  const failing = fakeNotify(t, 'exit 1')
  const status = new ServiceStatus(failing.env, 10)
  status.show(['a'])
  await until('it has failed', () => failing.log().length === 1)
  await sleep(20)
  status.show(['b'])
  await until('the next one is tried', () => failing.log().length === 2)
  await status.close()

  const hanging = fakeNotify(t, 'exec sleep 60')
  const waiting = new ServiceStatus(hanging.env, 10)
  waiting.show(['a'])
  await until('it hangs', () => hanging.log().length === 1)
  await waiting.close()
  t.equal(hanging.log().at(-1), '--status=')

  const missing = new ServiceStatus(
    { PATH: `${t.testdirName}/none`, NOTIFY_SOCKET: '/run/none' },
    10,
  )
  missing.show(['a'])
  await sleep(50)
  missing.show(['b'])
  await missing.close()
})

const isInstalled = (() => {
  try {
    execFileSync('systemd-notify', ['--version'])
    return true
  } catch {
    return false
  }
})()

void t.test('a real socket', { skip: !isInstalled && 'systemd-notify is missing' }, async (t) => {
  // a path of a socket has 107 bytes at most
  const dir = mkdtempSync(`${tmpdir()}/z3-`)
  t.teardown(() => {
    rmSync(dir, { recursive: true })
  })
  const socket = `${dir}/s`
  // Node.js has no datagram sockets of the file system
  writeFileSync(
    `${dir}/listen.pl`,
    `use Socket; $| = 1;
     my ($s, $text);
     socket($s, PF_UNIX, SOCK_DGRAM, 0) && bind($s, sockaddr_un($ARGV[0])) or die $!;
     print "ready\\n"; while (1) { recv($s, $text, 4096, 0) // die; print "$text\\n"; }`,
  )
  const listener = spawn('perl', [`${dir}/listen.pl`, socket])
  t.teardown(() => listener.kill())
  let heard = ''
  listener.stdout.on('data', (data: Buffer) => {
    heard += data.toString()
  })
  await until('it listens', () => heard.includes('ready'))
  const status = new ServiceStatus({ PATH, NOTIFY_SOCKET: socket })
  status.show(['tank/data@a (1/3)  1.2G of about 4G'])
  await until('it is heard', () => heard.includes('STATUS=tank/data@a (1/3)  1.2G of about 4G\n'))
  await status.close()
  await until('the text is removed', () => /STATUS=\n/.test(heard))
})
