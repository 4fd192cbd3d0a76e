import { existsSync, writeFileSync } from 'node:fs'
import { NO_SSH, testPool, until } from '@z3/fixtures'
import { runPipeline, type Stage } from '@z3/pipeline'
import t from 'tap'
import {
  abortReceive,
  createBookmark,
  createParents,
  describeToken,
  destroyBookmark,
  diffLines,
  estimateSend,
  getProperties,
  hold,
  listBookmarks,
  listBelow,
  listHolds,
  listSnapshots,
  localHost,
  receiveCommand,
  release,
  resumeCommand,
  resumeToken,
  rollback,
  sendCommand,
  sshHost,
  type Host,
} from '../../src/index.js'
import { sshd } from './setup.js'

void t.test('real ZFS over real ssh', { skip: NO_SSH }, async (t) => {
  const { address, options, env, leftovers, master } = sshd(t)
  const dir = String(env['TEST_DIR'])
  const made = await testPool('ssh')
  t.teardown(() => made.close())
  const pool = made.name
  const shell = (script: string): Promise<string> => made.must(script)
  const open = async (user: string): Promise<Host> => {
    const host = await sshHost({ user, host: address }, options, { env })
    t.teardown(() => host.close())
    return host
  }
  const signal = new AbortController().signal
  const transfer = (stages: readonly Stage[]) => runPipeline(stages, { env, signal })
  await shell(`
    zfs create "$POOL/with space"
    zfs create "$POOL/with space/child"
    zfs create "$POOL/to"
    "$RUN" sh -c "head -c 20000000 /dev/urandom > '/$POOL/with space/random'"
    zfs snapshot "$POOL/with space@one 1"`)
  const dataset = `${pool}/with space`
  const one = { dataset, snapshot: 'one 1' }
  const two = { dataset, snapshot: 'two' }
  const here = localHost({ env })
  const host = await open('root')
  const { run } = host

  await t.test('what it is like', async (t) => {
    t.equal(host.title, `root@${address}`)
    t.equal(host.user, 'root')
    t.equal(await host.hasProgram('zfs'), true)
    t.equal(await host.hasProgram('gzip'), true)
    t.equal(await host.hasProgram('mbuffer'), false)
    t.strictSame(await listSnapshots(run, dataset), await listSnapshots(here.run, dataset))
    t.strictSame(await listBelow(run, pool), [`${pool}/to`, dataset, `${dataset}/child`])
    await t.rejects(listSnapshots(run, `${pool}/none`), {
      code: 'no-such-dataset',
      message: `root@${address}: dataset '${pool}/none' does not exist`,
    })
  })

  await t.test('bookmarks', async (t) => {
    t.strictSame(await listBookmarks(run, dataset), [])
    await createBookmark(run, one, 'mark 1')
    const [bookmark, ...more] = await listBookmarks(run, dataset)
    const [snapshot] = await listSnapshots(run, dataset)
    t.strictSame(more, [])
    t.match(bookmark, {
      dataset,
      bookmark: 'mark 1',
      guid: snapshot?.guid,
      created: snapshot?.created,
      createtxg: snapshot?.createtxg,
    })
    await t.rejects(createBookmark(run, one, 'mark 1'), {
      code: 'zfs-failed',
      message: /bookmark exists/,
    })
    await t.rejects(createBookmark(run, { ...one, snapshot: 'none' }, 'x'), {
      code: 'no-such-snapshot',
    })
    await shell(`zfs snapshot "$POOL/with space@two"`)
    const fromMark = { snapshot: two, base: { dataset, bookmark: 'mark 1' } }
    t.match(await estimateSend(run, { ...fromMark, flags: [] }), Number)
    await destroyBookmark(run, { dataset, bookmark: 'mark 1' })
    await destroyBookmark(run, { dataset, bookmark: 'mark 1' })
    t.strictSame(await listBookmarks(run, dataset), [])
    for (const bookmark of ['', 'a#b', 'a@b', 'a/b', '$(id)']) {
      await t.rejects(destroyBookmark(run, { dataset, bookmark }), {
        code: 'invalid-name',
      })
    }
    t.equal((await listSnapshots(run, dataset)).length, 2)
  })

  await t.test('holds', async (t) => {
    await hold(run, 'z3:a', one)
    await hold(run, 'z3:a', one)
    await hold(run, 'z3:b', one)
    t.strictSame(
      new Set((await listHolds(run, [one, two])).map(({ tag }) => tag)),
      new Set(['z3:a', 'z3:b']),
    )
    t.match(await listHolds(run, [one, two]), [{ snapshot: one }, { snapshot: one }])
    await release(run, 'z3:a', one)
    await release(run, 'z3:a', one)
    t.strictSame(await listHolds(run, [one, two]), [{ snapshot: one, tag: 'z3:b' }])
    await release(run, 'z3:b', one)
    t.strictSame(await listHolds(run, [one, two]), [])
    t.strictSame(await listHolds(run, []), [])
    const none = { dataset, snapshot: 'none' }
    await t.rejects(hold(run, 't', none), { code: 'no-such-snapshot' })
    await t.rejects(release(run, 't', none), { code: 'no-such-snapshot' })
  })

  await t.test('parents are never mounted', async (t) => {
    t.strictSame(await createParents(run, `${pool}/to/a/b c/d`), [
      `${pool}/to/a`,
      `${pool}/to/a/b c`,
    ])
    t.strictSame(await createParents(run, `${pool}/to/a/b c/d`), [])
    t.strictSame(await createParents(run, `${pool}/x`), [])
    for (const name of [`${pool}/to/a`, `${pool}/to/a/b c`]) {
      t.match(await getProperties(run, name, ['canmount', 'mounted']), {
        canmount: 'off',
        mounted: 'no',
      })
    }
    await t.rejects(createParents(run, `${pool}none/a/b`), {
      code: 'no-such-dataset',
    })
  })

  await t.test('a send that is cut goes on where it was', async (t) => {
    const into = { dataset: `${pool}/to/got it`, snapshot: one.snapshot }
    const receive = receiveCommand({
      name: into,
      unmounted: true,
      resumable: true,
    })
    const before = leftovers()
    const cut = await open('root')
    const [started, go] = [`${dir}/started`, `${dir}/go`]
    const hold = {
      file: 'sh',
      args: [
        '-c',
        'head -c 8000000; : > "$1"; while [ ! -e "$2" ]; do sleep 0.05; done; cat',
        'sh',
        started,
        go,
      ],
    }
    const running = transfer([
      ...host.stages([sendCommand({ snapshot: one, flags: [] })]),
      hold,
      ...cut.stages([receive]),
    ])
    const ended = running.then(
      () => undefined,
      (error: unknown) => error,
    )
    await until('it is under way', () => existsSync(started))
    const [added = ''] = leftovers().filter((name) => !before.includes(name))
    process.kill(master(added), 'SIGKILL')
    await until('there is a token', () => hasToken(into.dataset))
    writeFileSync(go, '')
    t.match(await ended, { code: 'stage-failed' })
    t.match(await cut.lost(), { code: 'ssh-failed' })
    t.equal(await host.lost(), undefined)
    await cut.close()
    t.strictSame(leftovers(), before)

    const token = (await resumeToken(run, into.dataset)) ?? ''
    t.not(token, '')
    const [snapshot] = await listSnapshots(run, dataset)
    const described = await describeToken(run, token)
    t.match(described, {
      toName: `${dataset}@one 1`,
      toGuid: snapshot?.guid,
      fromGuid: undefined,
      flags: [],
    })
    const { received = 0, remaining = 0 } = described ?? {}
    t.ok(received > 1_000_000 && received <= 8_000_000, String(received))
    t.ok(received + remaining > 19_000_000 && received + remaining < 22_000_000, String(remaining))
    await transfer([...host.stages([resumeCommand(token)]), ...host.stages([receive])])
    t.equal(await resumeToken(run, into.dataset), undefined)
    t.match(await listSnapshots(run, into.dataset), [{ guid: snapshot?.guid }])
    t.ok(await describeToken(run, token), 'it could be sent again')
  })

  await t.test('a token that is of no use', async (t) => {
    await shell(`
      zfs snapshot "$POOL/with space@gone"
      zfs send "$POOL/with space@gone" | head -c 5000000 | zfs receive -s -u "$POOL/to/half" || :`)
    const token = (await resumeToken(run, `${pool}/to/half`)) ?? ''
    await shell(`zfs destroy "$POOL/with space@gone"`)
    t.equal(await describeToken(run, token), undefined)
    t.equal(
      await describeToken(
        run,
        token.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
      ),
      undefined,
    )
    await abortReceive(run, `${pool}/to/half`)
    await t.rejects(resumeToken(run, `${pool}/to/half`), {
      code: 'no-such-dataset',
    })
    await t.rejects(abortReceive(run, dataset), { code: 'zfs-failed' })
  })

  await t.test('all in between, through pipelines there', async (t) => {
    await shell(`
      zfs snapshot "$POOL/with space@three"
      zfs snapshot "$POOL/with space@four"`)
    const four = { dataset, snapshot: 'four' }
    await transfer([
      ...host.stages([
        sendCommand({ snapshot: four, base: one, between: true, flags: [] }),
        { file: 'gzip', args: ['-1'] },
      ]),
      ...host.stages([
        { file: 'gzip', args: ['-d'] },
        receiveCommand({
          // several snapshots keep their names
          name: { dataset: `${pool}/to/got it` },
          unmounted: true,
        }),
      ]),
    ])
    const guids = async (name: string) => (await listSnapshots(run, name)).map(({ guid }) => guid)
    t.strictSame(await guids(`${pool}/to/got it`), await guids(dataset))
    await t.rejects(
      transfer([
        ...host.stages([
          sendCommand({ snapshot: { ...four, snapshot: 'no' }, flags: [] }),
          { file: 'gzip', args: ['-1'] },
        ]),
        { file: 'cat', args: [] },
      ]),
      {
        code: 'stage-failed',
        message: /^'zfs send .* on root@10.*' exited 1: cannot open .*@no'/,
      },
      'the status of the first is not lost',
    )
  })

  await t.test('what was changed, and back', async (t) => {
    await shell(
      `"$RUN" sh -c "cd '/$POOL/with space' && for i in 1 2 3 4 5; do : > 'a b'\\$i; done"`,
    )
    const four = { dataset, snapshot: 'four' }
    const lines = await diffLines(run, four, 3)
    t.equal(lines.length, 3)
    t.ok(
      lines.every((line) => /^[-+MR]\t\//.test(line)),
      lines.join('\n'),
    )
    await t.rejects(rollback(run, two, false), {
      code: 'zfs-failed',
      message: /more recent snapshots or bookmarks exist/,
    })
    await rollback(run, four, false)
    t.strictSame(await diffLines(run, four, 3), [])
    await rollback(run, two, true)
    t.match((await listSnapshots(run, dataset)).at(-1), two)
    await hold(run, 'z3:a', two)
    await t.rejects(rollback(run, one, true), {
      code: 'zfs-failed',
      message: /busy/,
    })
    await release(run, 'z3:a', two)
  })

  await t.test('an ordinary user, and what permits it', async (t) => {
    const theirs = await open('backup')
    t.equal(theirs.user, 'backup')
    t.equal(await theirs.hasProgram('zfs'), true)
    t.equal((await listSnapshots(theirs.run, dataset)).length, 2)
    await shell(
      `zfs send "$POOL/with space@one 1" | head -c 5000000 | zfs receive -s -u "$POOL/to/half" || :`,
    )
    const mark = { dataset, bookmark: 'm' }
    const denied: readonly (() => Promise<unknown>)[] = [
      () => createBookmark(theirs.run, one, 'm'),
      () => destroyBookmark(theirs.run, mark),
      () => hold(theirs.run, 'z3:u', one),
      () => release(theirs.run, 'z3:u', one),
      () => diffLines(theirs.run, one, 3),
      () => createParents(theirs.run, `${pool}/to/p/q`),
      () => abortReceive(theirs.run, `${pool}/to/half`),
      () => rollback(theirs.run, two, false),
      () => rollback(theirs.run, one, true),
    ]
    for (const act of denied) {
      const error = await act().then(
        () => undefined,
        (error: unknown) => error,
      )
      t.match(error, {
        code: 'not-permitted',
        message: new RegExp(`^backup@${address}: zfs `),
        hint: /^Run as root, or let root run once: zfs allow -u backup /,
      })
      const { hint = '' } = error as { hint?: string }
      const allow = hint.slice(hint.indexOf('zfs allow'))
      await shell(allow)
      await t.resolves(act(), allow)
      // it goes with the dataset that an abort drops
      await shell(`${allow.replace('zfs allow', 'zfs unallow')} || :`)
    }
    await theirs.close()
  })

  await host.close()
  t.strictSame(leftovers(), [])

  async function hasToken(name: string): Promise<boolean> {
    const { receive_resume_token: token } = await getProperties(here.run, name, [
      'receive_resume_token',
    ])
    return token !== undefined
  }
})
