import { gzipSync } from 'node:zlib'
import { NO_ZFS, testPool } from '@z3/fixtures'
import t from 'tap'
import { serve, type Served } from './run-serve.js'

void t.test('serve on real ZFS', { skip: NO_ZFS }, async (t) => {
  const made = await testPool(6, 'serve')
  t.teardown(() => made.close())
  const pool = made.name
  const root = `${pool}/backup`
  const run = (
    text: string,
    { input, args = [] }: { input?: Buffer; args?: readonly string[] } = {},
  ): Promise<Served> => serve(['--dataset', root, ...args], text, input ? { input } : {})
  const shell = (script: string) => made.must(script)
  const stream = async (words: string): Promise<Buffer> => {
    const { code, stdout } = await made.shell(`zfs send ${words}`)
    t.equal(code, 0, words)
    return stdout
  }
  const guid = (name: string) => shell(`zfs get -H -o value guid "${name}"`)
  const isThere = async (name: string) => (await made.shell(`zfs list "${name}"`)).code === 0
  await shell(`
    zfs create -p "$POOL/backup/with space"
    zfs create "$POOL/backup2"
    zfs create -o mountpoint=/evil -o setuid=on -o recordsize=64k "$POOL/src"
    zfs set setuid=off "$POOL/backup"
    "$RUN" sh -c 'head -c 3000000 /dev/urandom > /evil/f'
    zfs snapshot "$POOL/src@a"
    "$RUN" sh -c 'head -c 3000000 /dev/urandom > /evil/g'
    zfs snapshot "$POOL/src@b"
    zfs create -V 4M "$POOL/vol"
    zfs snapshot "$POOL/vol@a" "$POOL/backup2@a"`)

  await t.test('look, inside only', async (t) => {
    const inside = await run(`zfs list -H -r -o name ${root}`)
    t.match(inside, { code: 0, stderr: '' })
    t.equal(inside.stdout.toString(), `${root}\n${root}/with space\n`)
    const missing = await run(`zfs list -H ${root}/none`)
    t.match(missing, { code: 1, stderr: /dataset does not exist/ })
    for (const name of [pool, `${pool}/backup2`, `${pool}/src@a`]) {
      const outside = await run(`zfs list -H -o name ${name}`)
      t.equal(outside.code, 126)
      t.equal(outside.stdout.length, 0)
    }
  })

  await t.test('receive, and nothing of the host is touched', async (t) => {
    // with -p: a stream that brings its properties
    const args: readonly string[] = []
    const full = await run(`zfs receive -s ${root}/a`, {
      input: await stream(`-p ${pool}/src@a`),
      args,
    })
    t.match(full, { code: 0, stderr: '' })
    const more = await run(`zfs receive -s ${root}/a`, {
      input: await stream(`-p -i @a ${pool}/src@b`),
      args,
    })
    t.match(more, { code: 0, stderr: '' })
    t.equal(await guid(`${root}/a@b`), await guid(`${pool}/src@b`))
    t.equal(
      await shell(`zfs get -H -o value mountpoint,setuid,recordsize,mounted ${root}/a`),
      `/${root}/a\noff\n64K\nno\n`,
    )
    const volume = await run(`zfs receive -u ${root}/vol`, {
      input: await stream(`-p ${pool}/vol@a`),
      args,
    })
    t.match(volume, { code: 0, stderr: '' }, 'no word of what we add')
    const into = await run(`zfs receive -u ${pool}/backup2/x`, {
      input: await stream(`${pool}/src@a`),
    })
    t.equal(into.code, 126)
    t.notOk(await isThere(`${pool}/backup2/x`))
  })

  await t.test('a key that appends brings one snapshot at a time', async (t) => {
    const args = ['--append-only']
    const receive = `zfs receive -s ${root}/single`
    const send = async (words: string, text = receive) =>
      run(text, { input: await stream(words), args })
    t.match(await send(`${pool}/src@a`), { code: 0, stderr: '' })
    t.equal(await guid(`${root}/single@a`), await guid(`${pool}/src@a`))
    const state = () =>
      shell(
        `zfs list -H -r -t all -o name,guid,quota ${root}; zfs get -H -r -s received -o name,property,value all ${root}`,
      )
    await shell(`
      zfs rename ${pool}/src@a ${pool}/src@renamed
      zfs set quota=1G ${pool}/src`)
    const before = await state()
    for (const words of [
      `-R -I @renamed ${pool}/src@b`,
      `-I @renamed ${pool}/src@b`,
      `-p -i @renamed ${pool}/src@b`,
    ]) {
      t.match(await send(words), {
        code: 126,
        stderr: /^z3-ssh-sync serve: not allowed: a stream that brings several/m,
      })
      const filtered = await run(`gzip -d -c | ${receive}`, {
        input: gzipSync(await stream(words)),
        args,
      })
      t.equal(filtered.code, 126, filtered.stderr)
      t.equal(await state(), before, words)
    }
    const empty = await run(receive, { input: Buffer.alloc(0), args })
    t.equal(empty.code, 1)
    t.match(empty.stderr, /^cannot receive/m)
    t.match(await send(`-i @renamed ${pool}/src@b`), { code: 0, stderr: '' })
    t.equal(await guid(`${root}/single@b`), await guid(`${pool}/src@b`))
    await shell(`
      zfs rename ${pool}/src@renamed ${pool}/src@a
      zfs set quota=none ${pool}/src`)
  })

  await t.test('nothing is lost by a key that appends', async (t) => {
    for (const text of [
      `zfs rollback -r ${root}/a@a`,
      `zfs receive -F ${root}/a`,
      `zfs destroy ${root}/a@b`,
      `zfs destroy -r ${root}`,
      `zfs set readonly=off ${root}`,
      `zfs send ${root}/a@b`,
      `zpool destroy -f ${pool}`,
    ]) {
      const { code, stdout } = await run(text, { args: ['--append-only'] })
      t.equal(code, 126, text)
      t.equal(stdout.length, 0)
    }
    t.ok(await isThere(`${root}/a@b`))
    const full = await run('zfs receive -s -u', { args: ['--append-only'] })
    t.equal(full.code, 126)
    const probe = await run('zfs receive -s', { args: ['--append-only'] })
    t.match(probe, { code: 2, stderr: /^missing snapshot argument/ })
  })

  await t.test('send, and mark what was sent', async (t) => {
    const args = ['--read-only']
    const sent = await run(`zfs send -i ${root}/a@a ${root}/a@b | gzip -c`, {
      args,
    })
    t.equal(sent.code, 0, sent.stderr)
    await shell(`zfs send ${root}/a@a | zfs receive -u ${pool}/copy`)
    const back = await run(`gzip -d -c | zfs receive -u ${root}/back`, {
      input: sent.stdout,
    })
    t.not(back.code, 0, 'there is nothing that it builds on')
    const mark = `'${root}/a#z3-sync-0123abcd-1'`
    const held = `z3-sync-0123abcd ${root}/a@a`
    for (const [text, code] of [
      [`zfs bookmark ${root}/a@a ${mark}`, 0],
      [`zfs send -i ${mark} ${root}/a@b`, 0],
      [`zfs destroy ${mark}`, 0],
      [`zfs destroy ${mark}`, 1],
      [`zfs hold ${held}`, 0],
      [`zfs holds -H ${root}/a@a`, 0],
      [`zfs release ${held}`, 0],
      [`zfs receive -u ${root}/x`, 126],
    ] as const) {
      t.equal((await run(text, { args })).code, code, text)
    }
  })

  await t.test('a token is good for what is inside', async (t) => {
    const whole = await stream(`${pool}/src@a`)
    const cut = whole.subarray(0, 2_000_000)
    t.not((await run(`zfs receive -s ${root}/cut`, { input: cut })).code, 0)
    const asked = await run(`zfs get -Hp -o value receive_resume_token ${root}/cut`)
    const token = asked.stdout.toString().trim()
    t.match(token, /^1-/)
    for (const flags of ['', '-nvP ']) {
      const outside = await run(`zfs send ${flags}-t ${token}`)
      t.match(outside, { code: 126, stderr: /src@a' is not in / })
      t.equal(outside.stdout.length, 0)
    }
    // the same one, of a pool that may be read
    const rest = await serve(['--dataset', pool], `zfs send -t ${token}`)
    t.equal(rest.code, 0, rest.stderr)
    t.ok(rest.stdout.length > 0 && rest.stdout.length < whole.length)
    const finished = await run(`zfs receive -s ${root}/cut`, {
      input: rest.stdout,
    })
    t.equal(finished.code, 0, finished.stderr)
    t.equal(await guid(`${root}/cut@a`), await guid(`${pool}/src@a`))
    const nonsense = await run('zfs send -t 1-aa-bb-cc')
    t.not(nonsense.code, 0)
    t.equal(nonsense.stdout.length, 0)
  })
})
