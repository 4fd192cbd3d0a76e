import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { hostPool, NO_SSH, until, type BinaryResult } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { ownSshd } from './own-sshd.js'
import { sync } from './setup.js'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

void t.test('serve under a real sshd', { skip: NO_SSH }, async (t) => {
  // its zfs is that of either side
  const made = await hostPool('target', 'z3g')
  t.teardown(() => made.close())
  const path = `${made.host.bin}:${process.env['PATH'] ?? ''}`
  const pool = made.name
  const line = (dataset: string, mode: string) =>
    `command="SERVE --dataset ${pool}/${dataset}${mode}",restrict`
  const sshd = await ownSshd(t, path, {
    full: line('vault', ''),
    append: line('drop', ' --append-only'),
    read: line('pub', ' --read-only'),
    // what the others may not is possible here: see `free` below
    free: '',
  })
  const { dir, login } = sshd
  const port = String(sshd.port)
  const z3 = (args: readonly string[]): Promise<BinaryResult> => sync(args, { PATH: path })
  const push = (key: string, to: string, ...more: readonly string[]): Promise<BinaryResult> =>
    z3([
      ...[...sshd.ours(key), '--dataset', `${pool}/src`],
      ...['--remote-dataset', `${pool}/${to}`, ...more, login],
    ])
  const pull = (
    key: string,
    from: string,
    to: string,
    ...more: readonly string[]
  ): Promise<BinaryResult> =>
    z3([
      ...['--pull', ...sshd.ours(key), '--dataset', `${pool}/${to}`],
      ...['--remote-dataset', `${pool}/${from}`, ...more, login],
    ])
  const guids = (dataset: string): Promise<string> =>
    made.must(
      `zfs list -Hp -t snapshot -d 1 -o name,guid -s createtxg "$POOL/${dataset}" | sed 's/.*@//'`,
    )
  const write = (dataset: string, snapshot: string): Promise<string> =>
    made.must(
      `"$RUN" sh -c 'head -c 300000 /dev/urandom > "$1/$2"' sh "/$POOL/${dataset}" ${snapshot}
       zfs snapshot "$POOL/${dataset}@${snapshot}"`,
    )
  /** All that a client could change. */
  const state = (): Promise<string> =>
    made.must(
      `zpool list -H -o name,guid "$POOL"
       zfs list -H -r -t all -o name,guid,origin,mounted,userrefs "$POOL"
       zfs get -H -r -s local,received -o name,property,value all "$POOL"
       zfs allow "$POOL"; zfs allow "$POOL/vault"`,
    )
  /** ssh, as anybody has it, who has the key. */
  const ask = (
    key: string,
    command: string | undefined,
    ...options: readonly string[]
  ): Promise<Ended> =>
    run('ssh', [
      ...[...sshd.options(key), '-p', port, ...options, login],
      ...(command === undefined ? [] : [command]),
    ])
  await made.must('for d in src vault drop pub other; do zfs create "$POOL/$d"; done')
  for (const dataset of ['src', 'pub', 'other']) await write(dataset, 's1')

  await t.test('pushed to, full and incremental', async (t) => {
    const args = ['vault/a/b/copy', '--restricted', '--create-parents'] as const
    received(t, await push('full', ...args), `${pool}/vault/a/b/copy@s1`)
    for (const name of ['s2', 's3']) await write('src', name)
    // where commands are restricted, each in a stream of its own
    const copy = `${pool}/vault/a/b/copy`
    received(t, await push('full', ...args), `${copy}@s2\nreceived ${copy}@s3`)
    t.equal(await guids('vault/a/b/copy'), await guids('src'))
    t.equal(
      await made.must('zfs get -H -r -t filesystem -o value mounted "$POOL/vault/a"'),
      'no\nno\nno\n',
    )
    // found out without being told; and what is newer there may be given up
    await made.must('zfs snapshot "$POOL/vault/a/b/copy@mine"')
    await write('src', 's4')
    const again = await push('full', 'vault/a/b/copy', '--rollback')
    received(t, again, `${pool}/vault/a/b/copy@s4`)
    t.equal(await guids('vault/a/b/copy'), await guids('src'))

    const before = await state()
    const outside = await push('full', 'other/copy', '--restricted')
    t.equal(outside.code, 1)
    t.match(outside.stderr, `'${pool}/other/copy' is not in '${pool}/vault'`)
    t.match(outside.stderr, 'hint: The key permits certain commands only')
    t.equal(await state(), before)
  })

  await t.test('append-only: nothing there is given up', async (t) => {
    const args = ['drop/copy', '--restricted'] as const
    received(t, await push('append', ...args), `${pool}/drop/copy@s4`)
    await write('src', 's5')
    received(t, await push('append', ...args), `${pool}/drop/copy@s5`)
    await made.must('zfs snapshot "$POOL/drop/copy@mine"')
    await write('src', 's6')
    const before = await state()
    const diverged = await push('append', ...args)
    t.equal(diverged.code, 3)
    t.match(diverged.stderr, /has diverged since/)
    const rollback = await push('append', ...args, '--rollback')
    t.equal(rollback.code, 1, rollback.stderr)
    t.match(rollback.stderr, /serve: not allowed: 'zfs \w+' with /)
    t.match(rollback.stderr, 'hint: The key permits certain commands only')
    const back = await pull('append', 'drop/copy', 'back', '--restricted')
    t.equal(back.code, 1)
    t.match(back.stderr, /not allowed: 'zfs send' with --append-only/)
    t.equal(await state(), before)
    await made.must('zfs destroy "$POOL/drop/copy@mine"')
    received(t, await push('append', ...args), `${pool}/drop/copy@s6`)
    t.equal(await guids('drop/copy'), (await guids('src')).replace(/^(s[123]\t\d+\n)+/, ''))
  })

  await t.test('read-only: pulled from, and only that', async (t) => {
    const args = ['pub', 'pulled', '--restricted'] as const
    received(t, await pull('read', ...args), `${pool}/pulled@s1`)
    for (const name of ['s2', 's3']) await write('pub', name)
    received(t, await pull('read', ...args), `${pool}/pulled@s3`)
    t.equal(await guids('pulled'), await guids('pub'))
    t.match(
      await made.must('zfs list -H -t bookmark -d 1 -o name "$POOL/pub"'),
      new RegExp(`^${pool}/pub#z3-sync-[0-9a-f]{8}-\\d+\\n$`),
    )
    const before = await state()
    const pushed = await push('read', 'pub/copy', '--restricted')
    t.equal(pushed.code, 1, pushed.stderr)
    t.match(pushed.stderr, /not allowed: 'zfs receive' with --read-only/)
    t.equal(await state(), before)
  })

  await t.test('all else is refused', async (t) => {
    const mark = `${dir}/mark`
    const vault = `${pool}/vault`
    const copy = `${vault}/a/b/copy`
    const before = await state()
    const refused: readonly (readonly [key: string, commands: string[]])[] = [
      [
        'full',
        [
          // programs
          ...['id', 'true', 'sh', `sh -c 'touch ${mark}'`, `touch ${mark}`],
          ...['cat /etc/passwd', 'command -v sh', `zpool destroy -f ${pool}`],
          ...[`/sbin/zfs list ${vault}`, `scp -t ${mark}`, 'internal-sftp'],
          ...['sudo -n sh', `sudo -n zfs list ${vault}`, 'exec sh', ' '],
          ...[`${dir}/z3-ssh-sync serve --dataset ${pool}`],
          // commands of zfs
          ...[`zfs destroy ${copy}@s1`, `zfs destroy -r ${vault}`],
          ...[`zfs snapshot ${copy}@x`, `zfs set readonly=on ${vault}`],
          ...[`zfs rename ${copy} ${vault}/x`, `zfs clone ${copy}@s1 ${vault}/x`],
          ...[`zfs allow everyone destroy ${vault}`, 'zfs umount -a'],
          ...[`zfs hold mine ${copy}@s1`, `zfs bookmark ${copy}@s1 ${copy}#mine`],
          ...[`zfs program ${pool} ${mark}`, `zfs create -o mountpoint=/x ${copy}/x`],
          // other datasets
          ...['zfs list', `zfs list -r ${pool}`, `zfs list ${vault} ${pool}/other`],
          ...[`zfs get -H name ${pool}/other@s1`, `zfs list ${vault}/../other`],
          ...[`zfs send ${pool}/other@s1`, `zfs send -R ${copy}@s1`],
          ...[`zfs send -i ${pool}/src@s1 ${copy}@s2`, `zfs create ${pool}/x`],
          ...[`zfs receive ${pool}/other/x`, `zfs receive ${pool}/vault2`],
          ...[`zfs receive -d ${vault}`, `zfs receive -o mountpoint=/x ${vault}/x`],
          ...[`zfs receive -o origin=${pool}/other@s1 ${vault}/x`],
          ...[`zfs rollback -r ${pool}/other@s1`, `zfs rollback -R ${copy}@s1`],
          // what a shell would read something into
          ...[`zfs list ${vault}; touch ${mark}`, `zfs list ${vault} & id`],
          ...[`zfs list ${vault} && touch ${mark}`, `false || touch ${mark}`],
          ...[`zfs list ${vault}\ntouch ${mark}`, `zfs list $(touch ${mark})`],
          ...[`zfs list \`touch ${mark}\``, `zfs list ${vault} > ${mark}`],
          ...[`zfs list "${vault}"`, 'zfs list $HOME', `zfs list ${vault}/*`],
          ...[`zfs list ${vault} | sh`, `zfs send ${copy}@s1 | tee ${mark}`],
          ...[`zfs send ${copy}@s1 | zfs receive ${pool}/x`, `zfs list '${vault}`],
          ...[`mbuffer -q -o ${mark}`, `mbuffer -i ${mark} | zfs receive ${vault}/x`],
          ...[`env LD_PRELOAD=${mark} zfs list ${vault}`, `PATH=${dir} zfs list`],
        ],
      ],
      [
        'append',
        [
          ...[`zfs send ${pool}/drop/copy@s4`, `zfs send -t 1-aa-bb-cc`],
          ...[`zfs rollback -r ${pool}/drop/copy@s4`, 'sh', 'id -un'],
          ...[`zfs receive -F ${pool}/drop/copy`, `zfs list ${vault}`],
          ...[`zfs destroy '${pool}/drop/copy#z3-sync-0123abcd-1'`],
          ...[`zfs release z3-sync-0123abcd ${pool}/drop/copy@s4`],
          ...[`zfs receive -F -s -u ${pool}/drop/copy`],
        ],
      ],
      [
        'read',
        [
          ...[`zfs receive ${pool}/pub/x`, `zfs receive -A ${pool}/pub`, 'sh'],
          ...[`zfs create ${pool}/pub/x`, `zfs rollback ${pool}/pub@s1`],
          ...[`zfs send ${pool}/src@s1`, `zfs destroy ${pool}/pub@s1`],
        ],
      ],
    ]
    for (const [key, commands] of refused) {
      for (let at = 0; at < commands.length; at += 4) {
        const some = commands.slice(at, at + 4)
        const ended = await Promise.all(some.map((one) => ask(key, one)))
        for (const [index, { code, stdout, stderr }] of ended.entries()) {
          const what = `${key}: ${JSON.stringify(some[index])}`
          t.equal(code, 126, `${what}: ${stderr}`)
          t.equal(stdout, '', what)
          // the login shell that sshd starts may have something to say, too
          t.match(stderr, /^z3-ssh-sync serve: not allowed: /m, what)
        }
      }
    }
    // a login, as from a script and from a terminal
    const ssh = [...sshd.options('full'), '-p', port, login]
    const logins = [
      await run('ssh', ssh),
      await run('script', ['-q', '-e', '-c', ['ssh', ...ssh].join(' '), mark]),
    ]
    for (const { code, stdout, stderr } of logins) {
      t.equal(code, 126)
      t.match(stdout + stderr, 'this key permits commands, not logins')
    }
    t.match(logins[1]?.stdout, 'PTY allocation request failed')
    // what script(1) has seen
    rmSync(mark)
    t.notOk(existsSync(mark))
    t.equal(await state(), before)

    // a PATH of the client's is read, and not used
    const fake = `${dir}/bin`
    await made.must(
      `mkdir "$DIR"; printf '#!/bin/sh\\ntouch ${mark}\\n' > "$DIR/zfs"; chmod +x "$DIR/zfs"`,
      { DIR: fake },
    )
    const faked = await ask('full', `env LC_ALL=C PATH=${fake} zfs list -H -o name ${vault}`)
    t.match(faked, { code: 0, stdout: `${vault}\n` }, faked.stderr)
    t.notOk(existsSync(mark))

    // all of that fails because of the line in authorized_keys alone
    const free = await ask('free', `touch ${mark}; PATH=${fake} zfs; id -un`)
    t.match(free, { code: 0, stdout: `${login.split('@')[0] ?? ''}\n` })
    t.ok(existsSync(mark))
    rmSync(mark)
  })

  await t.test('no files, no terminal, no forwarding', async (t) => {
    const file = `${dir}/file`
    writeFileSync(file, 'text')
    writeFileSync(`${dir}/batch`, `put ${file} ${dir}/put\n`)
    const goes: Readonly<Record<string, (key: string) => Promise<boolean>>> = {
      sftp: async (key) => {
        const { code } = await run('sftp', [
          ...['-q', ...sshd.options(key), '-P', port, '-b', `${dir}/batch`],
          login,
        ])
        const put = existsSync(`${dir}/put`)
        rmSync(`${dir}/put`, { force: true })
        t.equal(code === 0, put, `sftp exited ${String(code)}`)
        return put
      },
      'scp there': async (key) => {
        const { code } = await run('scp', [
          ...['-q', '-O', ...sshd.options(key), '-P', port],
          ...[file, `${login}:${dir}/scp`],
        ])
        const put = existsSync(`${dir}/scp`)
        rmSync(`${dir}/scp`, { force: true })
        t.equal(code === 0, put, `scp exited ${String(code)}`)
        return put
      },
      'scp back': async (key) => {
        const args = [...sshd.options(key), '-P', port]
        const { code } = await run('scp', [...['-q', ...args, `${login}:${file}`, `${dir}/back`]])
        const got = existsSync(`${dir}/back`)
        rmSync(`${dir}/back`, { force: true })
        t.equal(code === 0, got, `scp exited ${String(code)}`)
        return got
      },
      'ssh -W': async (key) => {
        const to = `127.0.0.1:${port}`
        const { stdout } = await ask(key, undefined, '-W', to)
        return stdout.startsWith('SSH-2.0-')
      },
      'ssh -L': async (key) => {
        const socket = `${dir}/${key}.L`
        const child = spawn(
          'ssh',
          [
            ...[...sshd.options(key), '-p', port, '-N'],
            ...['-L', `${socket}:127.0.0.1:${port}`, login],
          ],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        )
        const closed = once(child, 'close')
        try {
          await until('ssh listens', () => {
            if (child.exitCode !== null || child.signalCode !== null) {
              throw new Error('ssh has ended')
            }
            return existsSync(socket)
          })
          return (await firstBytes(socket)).startsWith('SSH-2.0-')
        } finally {
          // SIGTERM can come between ssh's look at it and its poll(2), and then
          // waits for a next event, which there is none of
          child.kill('SIGKILL')
          await closed
        }
      },
      'ssh -R': async (key) => {
        const { code, stderr } = await ask(
          ...[key, 'id -u', '-o', 'ExitOnForwardFailure=yes'],
          ...['-R', `127.0.0.1:0:127.0.0.1:${port}`],
        )
        if (code !== 0) t.match(stderr, 'remote port forwarding failed')
        return code === 0
      },
      'ssh -tt': async (key) => {
        const { stderr } = await ask(key, 'id -u', '-tt')
        return !stderr.includes('PTY allocation request failed')
      },
    }
    for (const [what, does] of Object.entries(goes)) {
      t.equal(await does('free'), true, `${what} would go`)
      t.equal(await does('full'), false, what)
    }
  })
})

const received = (t: Test, { code, stdout, stderr }: BinaryResult, name: string): void => {
  t.equal(code, 0, stderr)
  t.equal(String(stdout), `received ${name}\n`)
}

/** Longer than any program of this test takes, milliseconds. */
const PATIENCE = 60_000

/** Run a program to its end, standard input empty. */
const run = async (file: string, args: readonly string[]): Promise<Ended> => {
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  })
  const ended = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (ended.stdout += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (ended.stderr += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...ended }
}

/** What a server says before it is spoken to; nothing when it hangs up. */
const firstBytes = async (path: string): Promise<string> => {
  let said: string | undefined
  await until(`${path} answers`, async () => {
    const socket = connect(path)
    const limit = setTimeout(() => {
      socket.destroy(new Error(`nothing came from ${path}, nor its end`))
    }, PATIENCE)
    try {
      // its end, too, is the end of the loop
      for await (const bytes of socket) {
        said = String(bytes)
        return true
      }
      said = ''
      return true
    } catch (error) {
      // the socket is there a moment before somebody listens
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
      throw error
    } finally {
      clearTimeout(limit)
      socket.destroy()
    }
  })
  return said ?? ''
}
