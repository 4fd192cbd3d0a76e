import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { NO_SSH, until } from '@z3/fixtures'
import t from 'tap'
import { openSsh } from '../../src/ssh/connection.js'
import type { SshOptions } from '../../src/ssh/ssh-command.js'
import { isAlive, sshd } from './setup.js'

void t.test('real sshd', { skip: NO_SSH }, async (t) => {
  const { address, options, env, leftovers, master } = sshd(t)
  const dir = String(env['TEST_DIR'])
  const target = { user: 'root', host: address }
  const open = async (more: SshOptions = {}) => {
    const connection = await openSsh(
      target,
      {
        ...options,
        ...more,
        options: [...(more.options ?? []), ...(options.options ?? [])],
      },
      { env },
    )
    t.teardown(() => connection.close())
    return connection
  }

  await t.test('one connection, many commands', async (t) => {
    const connection = await open()
    t.equal(connection.title, `root@${address}`)
    t.equal(connection.login, 'root')
    const session = 'echo $SSH_CONNECTION'
    const [one, two] = await Promise.all([connection.exec(session), connection.exec(session)])
    t.match(one.stdout, /^10\./)
    t.equal(one.stdout, two.stdout, 'the same port')
    t.match(await connection.exec('echo out; echo err >&2; exit 7'), {
      stdout: 'out\n',
      stderr: 'err\n',
      code: 7,
    })
    t.match(await connection.exec('exit 255'), { code: 255 })
    t.equal(await connection.lost(), undefined)
    const pid = master()
    t.ok(isAlive(pid))
    await connection.close()
    t.notOk(isAlive(pid))
    t.strictSame(leftovers(), [])
    t.match(await connection.lost(), { code: 'ssh-failed' })
  })

  await t.test('what the user has configured for himself', async (t) => {
    writeFileSync(
      `${dir}/config`,
      `Host nas
        HostName ${address}
        User root
        ControlMaster auto
        ControlPath ${dir}/theirs
        ControlPersist yes
        RequestTTY force
        RemoteCommand top
        LocalForward 127.0.0.1:1 127.0.0.1:1
        ExitOnForwardFailure yes
        IdentityFile ${String(options.identity)}
        UserKnownHostsFile ${String(options.options?.[0]?.split('=')[1])}
        HostKeyAlias ${address}
      `,
    )
    const connection = await openSsh({ host: 'nas' }, { config: `${dir}/config` }, { env })
    t.equal(connection.title, 'nas')
    t.equal(connection.login, 'root')
    t.equal((await connection.exec('echo a; tty')).stdout, 'a\nnot a tty\n')
    const pid = master()
    await connection.close()
    t.notOk(isAlive(pid), 'ControlPersist is for logins')
    t.strictSame(leftovers(), [])
  })

  await t.test('who is not there, or is somebody else', async (t) => {
    execFileSync('ssh-keygen', ['-qt', 'ed25519', '-N', '', '-f', `${dir}/key`])
    const [type, key] = readFileSync(`${dir}/key.pub`, 'utf8').split(' ')
    writeFileSync(`${dir}/changed`, `${address} ${String(type)} ${String(key)}\n`)
    writeFileSync(`${dir}/empty`, '')
    const cases: readonly [
      what: string,
      more: SshOptions & { readonly host?: string },
      message: RegExp,
      hint: RegExp,
    ][] = [
      [
        'host key changed',
        { options: [`UserKnownHostsFile=${dir}/changed`] },
        /the host key has changed$/,
        /ssh-keygen -R 10\./,
      ],
      [
        'host key unknown',
        { options: [`UserKnownHostsFile=${dir}/empty`] },
        /unknown host key$/,
        /Run 'ssh root@10.*' once manually/,
      ],
      ['wrong key', { identity: `${dir}/key` }, /login refused \(publickey/, /authorized_keys/],
      [
        'no key',
        { identity: `${dir}/none` },
        /the key .*none cannot be read: no such file/,
        /--identity/,
      ],
      [
        'unknown host',
        { host: 'no-such-host.invalid' },
        /cannot resolve the host name: no-such-host.invalid: /,
        /DNS server/,
      ],
      ['refused port', { port: 1 }, /connection refused$/, /--port/],
      [
        'nobody there',
        { host: '10.77.250.2', options: ['ConnectTimeout=1'] },
        /cannot connect: /,
        /firewall/,
      ],
      [
        'a proxy that fails',
        { options: ['ProxyCommand=false'] },
        /connection closed by the host$/,
        /log of sshd/,
      ],
    ]
    for (const [what, { host = address, ...more }, message, hint] of cases) {
      const opening = openSsh(
        { user: 'root', host },
        {
          ...options,
          ...more,
          options: [...(more.options ?? []), ...(options.options ?? [])],
        },
        { env },
      )
      const error = await opening.then(
        () => undefined,
        (error: unknown) => error,
      )
      t.match(error, { code: 'ssh-failed', message, hint }, what)
      t.match(error, { message: new RegExp(`^root@${host}: `) }, what)
      t.strictSame(leftovers(), [])
    }
    for (const more of [
      { options: ['Foo=bar'] },
      { config: `${dir}/none` },
      { options: ['Port=x'] },
    ]) {
      await t.rejects(open(more), {
        code: 'config',
        message: /ssh rejects its configuration: \S/,
      })
    }
    t.strictSame(leftovers(), [])
  })

  await t.test('through another host', async (t) => {
    writeFileSync(
      `${dir}/jump`,
      `Host far
        HostName 127.0.0.1
        HostKeyAlias ${address}
      Host *
        User root
        IdentityFile ${String(options.identity)}
        ${String(options.options?.[0]?.replace('=', ' '))}
      `,
    )
    const connection = await openSsh(
      { host: 'far' },
      { config: `${dir}/jump`, options: [`ProxyJump=${address}`] },
      { env },
    )
    t.match(await connection.exec('echo a'), { stdout: 'a\n', code: 0 })
    await connection.close()
    t.strictSame(leftovers(), [])
  })

  await t.test('its process is killed', async (t) => {
    const connection = await open()
    const running = connection.exec('sleep 60')
    const pid = master()
    process.kill(pid, 'SIGKILL')
    await t.rejects(running, {
      code: 'ssh-failed',
      message: /connection lost/,
    })
    t.match(await connection.lost(), { code: 'ssh-failed' })
    await t.rejects(connection.exec('true'), { code: 'ssh-failed' })
    await connection.close()
    t.strictSame(leftovers(), [])
  })

  await t.test('the other side ends it', async (t) => {
    const connection = await open()
    await t.rejects(connection.exec('kill -9 $PPID; sleep 60'), {
      code: 'ssh-failed',
      message: /connection closed by the host|connection lost/,
    })
    await connection.close()
    t.strictSame(leftovers(), [])
  })

  await t.test('a line that is dead', async (t) => {
    const connection = await open({
      options: ['ServerAliveInterval=1', 'ServerAliveCountMax=1'],
    })
    const { stdout } = await connection.exec('echo $PPID')
    const other = await open()
    try {
      // it is there, but it does not answer
      const running = connection.exec(`kill -STOP $PPID; sleep 60`)
      await t.rejects(running, {
        code: 'ssh-failed',
        message: /connection timed out/,
      })
    } finally {
      await other.exec(`kill -CONT ${stdout.trim()}; kill ${stdout.trim()}`)
      await connection.close()
      await other.close()
    }
    t.strictSame(leftovers(), [])
  })

  await t.test('aborted: while it opens, and a command', async (t) => {
    const reason = new Error('enough')
    const controller = new AbortController()
    // it lets ssh in and says nothing, so that the opening lasts
    const silent = createServer().listen(0, '127.0.0.1')
    t.teardown(() => silent.close())
    await once(silent, 'listening')
    const called = once(silent, 'connection')
    const opening = openSsh(
      { host: '127.0.0.1' },
      { ...options, port: (silent.address() as AddressInfo).port },
      { env, signal: controller.signal },
    )
    await called
    t.equal(leftovers().length, 1)
    controller.abort(reason)
    await t.rejects(opening, reason)
    t.strictSame(leftovers(), [])

    const second = new AbortController()
    const connection = await openSsh(target, options, {
      env,
      signal: second.signal,
    })
    const running = connection.exec('sleep 60')
    second.abort(reason)
    await t.rejects(running, reason)
    t.equal(await connection.lost(), undefined, 'the connection stays')
    await connection.close()
    t.strictSame(leftovers(), [])
  })

  const startOther = async (more: string) => {
    const script = `
      const { sshHost } = await import(process.argv[1])
      const [target, options] = process.argv.slice(2).map((text) => JSON.parse(text))
      const host = await sshHost(target, options, { env: process.env })
      ${more}
      console.log('open')`
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        script,
        new URL('../../dist/index.js', import.meta.url).href,
        JSON.stringify(target),
        JSON.stringify(options),
      ],
      { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    )
    t.teardown(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }

  await t.test('we are killed', async (t) => {
    const child = await startOther('')
    const pid = master()
    t.ok(isAlive(pid))
    child.kill('SIGKILL')
    await once(child, 'close')
    await until('ssh has gone', () => !isAlive(pid))
    await until('its socket has gone', () => leftovers().length === 0)
  })

  await t.test('Ctrl-C is for us: what is left to do is done', async (t) => {
    const child = await startOther(`
      process.once('SIGINT', async () => {
        try {
          await host.run(['list', '-H', '-o', 'name', 'no such pool'])
        } catch (error) {
          console.log(error.code)
        }
        await host.close()
      })`)
    const pid = master()
    const said = once(child.stdout, 'data')
    // a terminal sends it to all of them
    process.kill(-(child.pid ?? NaN), 'SIGINT')
    t.equal(String((await said)[0]), 'no-such-dataset\n')
    await once(child, 'close')
    t.notOk(isAlive(pid))
    t.strictSame(leftovers(), [])
  })
})
