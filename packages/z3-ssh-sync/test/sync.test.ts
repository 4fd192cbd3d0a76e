import { hostPool, NO_SSH, type HostPool } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { bothWays, ssh, sync } from './setup.js'

const contents = (pool: HostPool, dataset: string): Promise<string> =>
  pool.must(
    `"$RUN" sh -c 'cd "$1" && find . -type f | sort | while read -r f; do sha256sum "$f"; done' sh "/$DATASET"`,
    { DATASET: dataset },
  )

void t.test('two real hosts', { skip: NO_SSH }, async (t) => {
  const here = await hostPool('source', 'z3a')
  t.teardown(() => here.close())
  const there = await hostPool('target', 'z3b')
  t.teardown(() => there.close())
  const login = `root@${there.host.address}`
  const way = ssh(there.host)
  const ok = async (t: Test, args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await sync([...way, ...args])
    t.equal(code, 0, stderr)
    return String(stdout)
  }
  const write = (dataset: string, snapshot: string) =>
    here.must(
      `"$RUN" sh -c 'head -c 700000 /dev/urandom > "$1/$2"' sh "/$DATASET" ${snapshot}
       zfs snapshot "$DATASET@${snapshot}"`,
      { DATASET: dataset },
    )

  await t.test('push and pull, nested, with a blank', async (t) => {
    const from = `${here.name}/a/with blank`
    const to = `${there.name}/deep/er/copy of it`
    await here.must('zfs create -p "$DATASET"', { DATASET: from })
    for (const snapshot of ['s1', 's2']) await write(from, snapshot)
    const push = ['--dataset', from, '--remote-dataset', to, login]
    const first = await ok(t, [...push, '--create-parents', '--history'])
    t.equal(first, `received ${to}@s1\nreceived ${to}@s2\n`)
    t.equal(await there.guids(to), await here.guids(from))
    for (const snapshot of ['s3', 's4']) await write(from, snapshot)
    const dry = await ok(t, [...push, '--dry-run'])
    t.match(dry, /^zfs send -I '.*@s2' '.*@s4' \| ssh .*zfs receive/)
    t.equal(dry.trim().split('\n').length, 1)
    t.not(await there.guids(to), await here.guids(from), 'nothing was sent')
    t.equal(await ok(t, push), `received ${to}@s4\n`)
    t.equal(await there.guids(to), await here.guids(from))
    t.equal(await ok(t, push), 'Nothing to do here.\n')
    await there.must('zfs mount "$DATASET"', { DATASET: to })
    t.equal(await contents(there, to), await contents(here, from))

    const back = `${here.name}/back`
    const pulled = await ok(t, [
      ...['--pull', '--dataset', back, '--remote-dataset', to],
      ...['--history', '--step', login],
    ])
    t.equal(pulled, ['s1', 's2', 's3', 's4'].map((s) => `received ${back}@${s}\n`).join(''))
    t.equal(await here.guids(back), await here.guids(from))
  })

  await t.test('what was printed does the same when pasted', async (t) => {
    const from = `${here.name}/pasted`
    const to = `${there.name}/pasted`
    await here.must('zfs create "$DATASET"', { DATASET: from })
    await write(from, 's1')
    const line = await ok(t, [...['--dataset', from, '--remote-dataset', to, login, '--dry-run']])
    await here.must(line)
    t.equal(await there.guids(to), await here.guids(from))
  })

  await t.test('the snapshot is gone, its bookmark serves', async (t) => {
    const from = `${here.name}/marked`
    const to = `${there.name}/marked`
    const push = ['--dataset', from, '--remote-dataset', to, login]
    await here.must('zfs create "$DATASET"', { DATASET: from })
    await write(from, 's1')
    await ok(t, push)
    const marks = () =>
      here.must('zfs list -H -t bookmark -o name -d 1 "$DATASET"', {
        DATASET: from,
      })
    t.match(await marks(), /#z3-sync-[0-9a-f]{8}-\d+\n$/)
    await here.must('zfs destroy "$DATASET@s1"', { DATASET: from })
    for (const snapshot of ['s2', 's3']) await write(from, snapshot)
    await ok(t, push)
    t.match(await there.guids(to), /^s1\t\d+\ns2\t\d+\ns3\t\d+\n$/)
    t.match(await here.guids(from), /^s2\t\d+\ns3\t\d+\n$/)
    t.equal((await marks()).trim().split('\n').length, 1)
  })

  await t.test('a snapshot destroyed during the transfer', async (t) => {
    const from = `${here.name}/thinned`
    const to = `${there.name}/thinned`
    const push = ['--dataset', from, '--remote-dataset', to, login]
    const env = { DATASET: from }
    await here.must('zfs create "$DATASET"', env)
    for (const name of ['old1', 'old2']) await write(from, name)
    await ok(t, push)
    await write(from, 'new1')
    const dir = t.testdir({
      zfs: `#!/bin/sh
PATH='${here.host.bin}':$PATH
zfs "$@" || exit
case "$*" in 'send -i'* | 'send -I'*) exec zfs destroy '${from}@old1' ;; esac
`,
    })
    await here.must('chmod +x "$FILE"', { FILE: `${dir}/zfs` })
    const { code, stderr } = await sync([...way, ...push, '--quiet'], {
      PATH: `${dir}:${process.env['PATH'] ?? ''}`,
    })
    t.equal(code, 0, stderr)
    t.equal(stderr, '')
    t.match(await here.guids(from), /^old2\t\d+\nnew1\t\d+\n$/)
    await here.must('zfs destroy "$DATASET@old2,new1"', env)
    await write(from, 'new2')
    t.equal(await ok(t, push), `received ${to}@new2\n`, 'from the bookmark')
  })

  await t.test('a hold in place of the bookmark, and none', async (t) => {
    const from = `${here.name}/held`
    const to = `${there.name}/held`
    const push = ['--dataset', from, '--remote-dataset', to, login]
    const env = { DATASET: from }
    await here.must('zfs create "$DATASET"', env)
    await write(from, 's1')
    await ok(t, [...push, '--keep-common', 'hold'])
    t.match(await here.must('zfs holds -H "$DATASET@s1"', env), /z3-sync-/)
    await write(from, 's2')
    await ok(t, push)
    t.equal(await here.must('zfs holds -H "$DATASET@s1"', env), '')
    await ok(t, [...push, '--keep-common', 'none'])
    t.equal(await here.must('zfs list -H -t bookmark -d 1 "$DATASET"', env), '')
  })

  await t.test('a volume; encrypted, raw and pinned', async (t) => {
    const volume = `${here.name}/volume`
    await here.must(
      `zfs create -V 16M "$DATASET"
       "$RUN" sh -c 'for i in $(seq 100); do [ -e "$1" ] && break; sleep 0.1; done; dd if=/dev/urandom of="$1" bs=1024k count=2 2> /dev/null && sync' sh "/dev/zvol/$DATASET"
       zfs snapshot "$DATASET@v1"`,
      { DATASET: volume },
    )
    const copy = `${there.name}/volume`
    await ok(t, ['--dataset', volume, '--remote-dataset', copy, login])
    t.equal(await there.guids(copy), await here.guids(volume))

    const secret = `${here.name}/secret`
    await here.must(
      'echo password | zfs create -o encryption=on -o keyformat=passphrase "$DATASET"',
      { DATASET: secret },
    )
    await write(secret, 'r1')
    const to = `${there.name}/secret`
    const push = ['--dataset', secret, '--remote-dataset', to, login]
    await ok(t, [...push, '--raw'])
    await write(secret, 'r2')
    await ok(t, push)
    t.equal(await there.guids(to), await here.guids(secret))
    t.equal(
      await there.must('zfs get -H -o value encryption,keystatus,z3:send-flags "$DATASET"', {
        DATASET: to,
      }),
      'aes-256-gcm\nunavailable\nw\n',
    )
  })

  await t.test('with all below it', async (t) => {
    const from = `${here.name}/tree`
    await here.must('zfs create "$DATASET"; zfs create "$DATASET/x"; zfs create "$DATASET/x/y"', {
      DATASET: from,
    })
    for (const child of ['', '/x', '/x/y']) await write(`${from}${child}`, 't1')
    await here.must('zfs create "$DATASET/none"', { DATASET: from })
    const to = `${there.name}/tree`
    const { code, stdout, stderr } = await sync([
      ...[...way, '--dataset', from, '--remote-dataset', to],
      ...['--recursive', '--json', login],
    ])
    t.equal(code, 4, 'one has no snapshot, the others go on')
    t.match(stderr, `no snapshots exist at source ${from}/none`)
    const { status, datasets } = JSON.parse(String(stdout)) as {
      status: string
      datasets: { source: string; result: string }[]
    }
    t.equal(status, 'error')
    t.strictSame(
      datasets.map(({ source, result }) => [source.slice(from.length), result]),
      [
        ['', 'synced'],
        ['/none', 'failed'],
        ['/x', 'synced'],
        ['/x/y', 'synced'],
      ],
    )
    t.equal(await there.guids(`${to}/x/y`), await here.guids(`${from}/x/y`))
  })

  await t.test('from one host to another, through this one', async (t) => {
    const from = `${here.name}/relayed`
    await here.must('zfs create "$DATASET"', { DATASET: from })
    await write(from, 's1')
    const to = `${there.name}/relayed`
    const both = bothWays(t, here.host, there.host)
    const relay = async () =>
      sync([
        ...['--from', `root@${here.host.address}:${from}`],
        ...['--to', `root@${there.host.address}:${to}`],
        ...both,
      ])
    const first = await relay()
    t.equal(first.code, 0, first.stderr)
    await write(from, 's2')
    const second = await relay()
    t.equal(second.code, 0, second.stderr)
    t.equal(await there.guids(to), await here.guids(from))
  })

  await t.test('what the destination has is not given up', async (t) => {
    const from = `${here.name}/kept`
    const to = `${there.name}/kept`
    const push = ['--dataset', from, '--remote-dataset', to, login]
    await here.must('zfs create "$DATASET"', { DATASET: from })
    await write(from, 's1')
    await ok(t, push)
    await write(from, 's2')
    const env = { DATASET: to }
    await there.must('zfs snapshot "$DATASET@mine"', env)
    const guids = await there.guids(to)
    const diverged = await sync([...way, ...push])
    t.equal(diverged.code, 3)
    t.match(diverged.stderr, /has diverged since .*1 newer snapshot there: @mine/)
    t.equal(await there.guids(to), guids)
    await ok(t, [...push, '--rollback'])
    t.equal(await there.guids(to), await here.guids(from))

    await write(from, 's3')
    await there.must(
      `zfs mount "$DATASET"; "$RUN" sh -c 'echo x > "$1/changed"; sync' sh "/$DATASET"
       for i in $(seq 20); do [ "$(zfs get -Hp -o value written "$DATASET")" != 0 ] && break; sleep 0.5; done`,
      env,
    )
    const modified = await sync([...way, ...push])
    t.equal(modified.code, 3)
    t.match(modified.stderr, /\+ {2}.*\/changed/, 'zfs diff is shown')
    t.match(modified.stderr, /was written to since/)

    await there.must(
      'zfs destroy -r "$DATASET"; zfs create "$DATASET"; zfs snapshot "$DATASET@s1"',
      env,
    )
    const other = await sync([...way, ...push, '--rollback'])
    t.equal(other.code, 3)
    t.match(other.stderr, /nothing in common|no snapshot in common/)
  })

  await t.test('sides are named where something is missing', async (t) => {
    const cases: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
      [[...way, '--dataset', `${here.name}/none`, login], 4, /dataset '.*\/none' does not exist/],
      [[...way, '--pull', '--dataset', `${here.name}/x`, login], 4, /root@.*does not exist/],
      [
        [...ssh(there.host), '--dataset', here.name, 'root@host.invalid'],
        1,
        /root@host\.invalid: cannot resolve the host name/,
      ],
      [['--identity', there.host.key, '--dataset', here.name, login], 1, /unknown host key/],
      [
        [
          ...['--ssh-option', `UserKnownHostsFile=${there.host.knownHosts}`],
          ...['--identity', '/dev/null', '--dataset', here.name, login],
        ],
        1,
        /login refused/,
      ],
      [[...way, '--dataset', here.name, '--port', '1', login], 1, /connection refused/],
      [[...way, '--dataset', 'a$(x)', login], 2, /invalid dataset name/],
      [[...way, '--dataset', here.name, '--port', 'x', login], 2, /not a port/],
      [[...way, '--dataset', here.name], 2, /no host specified/],
      [
        [
          ...[...way, '--dataset', `${here.name}/kept`],
          ...['--remote-dataset', `${there.name}/no/such`, login],
        ],
        4,
        /cannot be received on root@.*: .*\/no does not exist\n/,
      ],
      [['--from', 'a:tank'], 2, /use --from and --to together/],
      [[...way, '--dataset', here.name, '--rate', 'x', login], 2, /--rate/],
      [
        [...way, '--dataset', here.name, '--set-property', 'x', login],
        2,
        /receive option -o needs property=value/,
      ],
    ]
    for (const [args, code, message] of cases) {
      const result = await sync(args)
      t.equal(result.code, code, result.stderr)
      t.match(result.stderr, message)
      t.notMatch(result.stderr, /^\s+at /m, 'no stack')
    }
  })
})
