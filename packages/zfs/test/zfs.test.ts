import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { NO_ZFS, testPool } from '@z3/fixtures'
import t from 'tap'
import {
  estimateSend,
  getProperties,
  hasOption,
  listBelow,
  listSnapshots,
  receiveCommand,
  renameDataset,
  runZfs,
  sendCommand,
} from '../src/index.js'
import { commandsOf, lengthOf, transfer } from './host.js'

const {
  Z3_TEST_RUN: inHost = '',
  Z3_TEST_POOL_PREFIX: prefix = '',
  Z3_TEST_ZFS: kind = '',
} = process.env

/** zfs-fuse is the old, small zfs: what it lacks is tested, too. */
const old = kind === 'fuse'

void t.test('real ZFS', { skip: NO_ZFS }, async (t) => {
  const made = await testPool('zfs')
  t.teardown(() => made.close())
  const pool = made.name
  const shell = (script: string): Promise<string> => made.must(script)
  const run = runZfs({ env: process.env })
  await shell(`
    zfs create "$POOL/data"
    zfs create "$POOL/data/child"
    zfs create "$POOL/with space"
    "$RUN" sh -c "head -c 3000000 /dev/urandom > /$POOL/data/random"
    zfs snapshot "$POOL/data@-one"
    zfs snapshot "$POOL/data/child@of the child"
    "$RUN" sh -c "head -c 1000000 /dev/urandom > /$POOL/data/more"
    zfs snapshot "$POOL/data@two 2"
    zfs snapshot "$POOL/with space@s 1"`)
  const one = { dataset: `${pool}/data`, snapshot: '-one' }
  const two = { dataset: `${pool}/data`, snapshot: 'two 2' }

  await t.test('list', async (t) => {
    const snapshots = await listSnapshots(run, `${pool}/data`)
    t.match(snapshots, [one, two])
    t.equal(snapshots.length, 2, 'none of the child')
    for (const { snapshot, guid, created, referenced } of snapshots) {
      const values = await shell(
        `zfs get -Hp -o value guid,creation,referenced "$POOL/data@${snapshot}"`,
      )
      t.equal(values, [guid, created, referenced, ''].join('\n'), 'each number in full')
    }
    t.match(await listSnapshots(run, `${pool}/with space`), [
      { dataset: `${pool}/with space`, snapshot: 's 1' },
    ])
    t.strictSame(await listSnapshots(run, pool), [])
    t.strictSame(await listBelow(run, `${pool}/data`, 1), [`${pool}/data/child`])
    t.strictSame(await listBelow(run, `${pool}/data/child`, 1), [])
    for (const gone of [`${pool}/none`, `${prefix}none/a`]) {
      await t.rejects(listSnapshots(run, gone), {
        code: 'no-such-dataset',
        message: `dataset '${gone}' does not exist`,
      })
    }
  })

  await t.test('200 snapshots, several in a second', async (t) => {
    await shell(`
      zfs create "$POOL/many"
      "$RUN" sh -c "i=0; while [ \\$i -lt 200 ]; do zfs snapshot '$POOL/many@z'\\$i || exit 1; i=\\$((i+1)); done"`)
    const snapshots = await listSnapshots(run, `${pool}/many`)
    t.strictSame(
      snapshots.map(({ snapshot }) => snapshot),
      Array.from({ length: 200 }, (_, i) => `z${String(i)}`),
    )
    t.equal(new Set(snapshots.map(({ guid }) => guid)).size, 200)
    t.ok(
      new Set(snapshots.map(({ created }) => created)).size < 200,
      'creation alone would not tell the order',
    )
  })

  await t.test('what this zfs has', async (t) => {
    for (const option of ['w', 'L', 'e', 'c', 'n', 'P']) {
      t.equal(await hasOption(run, 'send', option), !old, `send -${option}`)
    }
    for (const option of ['s', 'o', 'x']) {
      t.equal(await hasOption(run, 'receive', option), !old, `receive -${option}`)
    }
    t.equal(await hasOption(run, 'receive', 'u'), true)
    t.equal(await hasOption(run, 'send', 'Z'), false)
    t.equal(await hasOption(run, 'receive', 'Z'), false)
    t.equal(await shell('zfs list -H -o name -r "$POOL" | wc -l'), `5\n`, 'asking makes nothing')
  })

  await t.test('properties', async (t) => {
    const names = ['type', 'available', 'written', 'encryption', 'receive_resume_token', 'mounted']
    const { available, ...others } = await getProperties(run, `${pool}/data`, names)
    t.match(available, /^\d{9,}$/)
    t.strictSame(others, {
      type: 'filesystem',
      mounted: 'yes',
      ...(old ? {} : { written: '0', encryption: 'off' }),
    })
    await t.rejects(getProperties(run, `${pool}/none`, names), {
      code: 'no-such-dataset',
    })
  })

  await t.test('estimates', async (t) => {
    const requests = [
      { snapshot: one, flags: [] },
      { snapshot: two, base: one, flags: [] },
    ] as const
    for (const request of requests) {
      const estimate = await estimateSend(run, request)
      if (old) {
        t.equal(estimate, undefined)
        continue
      }
      const { bytes: sent } = await lengthOf(sendCommand(request))
      t.ok(
        estimate !== undefined && estimate > sent * 0.9 && estimate < sent * 1.1,
        `${String(estimate)} for ${String(sent)}`,
      )
    }
    const none = { ...one, snapshot: 'none' }
    if (!old) {
      await t.rejects(estimateSend(run, { snapshot: none, flags: [] }), {
        code: 'no-such-snapshot',
        message: `snapshot '${pool}/data@none' does not exist`,
      })
    }
    const { error } = await lengthOf(sendCommand({ snapshot: none, flags: [] }))
    t.match(error, { code: 'no-such-snapshot' })
  })

  await t.test('there and back, into a name with a space', async (t) => {
    const name = { ...two, dataset: `${pool}/with space/back` }
    const options = old ? {} : { resumable: true, options: ['-o', 'compression=gzip-1', '-xatime'] }
    await transfer(
      sendCommand({ snapshot: one, flags: old ? [] : ['L', 'e', 'c'] }),
      receiveCommand({
        name: { ...name, snapshot: '-one' },
        unmounted: true,
        ...options,
      }),
    )
    await transfer(
      sendCommand({ snapshot: two, base: one, flags: [] }),
      receiveCommand({ name, unmounted: true, force: true, ...options }),
    )
    const guids = async (dataset: string) =>
      (await listSnapshots(run, dataset)).map(({ guid }) => guid)
    t.strictSame(await guids(name.dataset), await guids(`${pool}/data`))
    const { mounted, compression } = await getProperties(run, name.dataset, [
      'mounted',
      'compression',
    ])
    t.equal(mounted, 'no')
    if (!old) t.equal(compression, 'gzip-1')
  })

  await t.test('what a receive refuses', async (t) => {
    const full = sendCommand({ snapshot: one, flags: [] })
    const into = (dataset: string, snapshot = 'x') =>
      receiveCommand({ name: { dataset, snapshot }, unmounted: true })
    await t.rejects(transfer(full, into(`${pool}/with space`)), {
      code: 'dataset-exists',
    })
    await t.rejects(transfer(full, into(`${pool}/no/such`)), {
      code: 'no-such-dataset',
    })
    const step = sendCommand({ snapshot: two, base: one, flags: [] })
    await t.rejects(transfer(step, into(`${pool}/many`)), {
      code: 'no-common-snapshot',
    })
    await shell(`
      zfs send "$POOL/data@-one" | zfs receive "$POOL/changed"
      "$RUN" sh -c "echo x > /$POOL/changed/x"`)
    await t.rejects(transfer(step, into(`${pool}/changed`)), {
      code: 'destination-modified',
    })
    await shell('zfs create -o quota=1M "$POOL/small"')
    await t.rejects(transfer(full, into(`${pool}/small/a`)), {
      code: 'zfs-failed',
      hint: /Free space/,
    })
  })

  await t.test('a clone', async (t) => {
    await shell('zfs clone "$POOL/data@-one" "$POOL/clone"')
    t.strictSame(await listSnapshots(run, `${pool}/clone`), [])
    await shell('zfs snapshot "$POOL/clone@first"')
    t.match(await listSnapshots(run, `${pool}/clone`), [
      { dataset: `${pool}/clone`, snapshot: 'first' },
    ])
  })

  await t.test('a volume', async (t) => {
    if (old) {
      await t.rejects(shell('zfs create -V 10M "$POOL/vol"'), /not implemented/)
      return
    }
    await shell(`
      zfs create -V 10M "$POOL/vol"
      zfs snapshot "$POOL/vol@v"`)
    const vol = { dataset: `${pool}/vol`, snapshot: 'v' }
    t.match(await listSnapshots(run, vol.dataset), [vol])
    t.strictSame(await getProperties(run, vol.dataset, ['type', 'mounted']), {
      type: 'volume',
    })
    t.match(await estimateSend(run, { snapshot: vol, flags: [] }), Number)
  })

  await t.test('an encrypted dataset without its key', async (t) => {
    if (old) {
      await t.rejects(
        shell('echo passpass | zfs create -o encryption=on "$POOL/secret"'),
        /encryption/,
      )
      return
    }
    await shell(`
      echo passpass | zfs create -o encryption=on -o keyformat=passphrase "$POOL/secret"
      "$RUN" sh -c "head -c 3000000 /dev/urandom > /$POOL/secret/random"
      zfs snapshot "$POOL/secret@s"
      zfs unmount "$POOL/secret"
      zfs unload-key "$POOL/secret"`)
    const snapshot = { dataset: `${pool}/secret`, snapshot: 's' }
    t.match(await getProperties(run, snapshot.dataset, ['encryption']), {
      encryption: 'aes-256-gcm',
    })
    const estimate = await estimateSend(run, { snapshot, flags: ['w'] })
    const { bytes: sent } = await lengthOf(sendCommand({ snapshot, flags: ['w'] }))
    t.ok(
      estimate !== undefined && estimate > sent * 0.9 && estimate < sent * 1.1,
      `${String(estimate)} for ${String(sent)}`,
    )
    const { error } = await lengthOf(sendCommand({ snapshot, flags: [] }))
    t.match(error, { code: 'zfs-failed', hint: /zfs load-key/ })
  })

  await t.test('an ordinary user, and what allows it', async (t) => {
    const asUser = commandsOf(inHost, 'backup')
    if (old) {
      await t.rejects(listSnapshots(asUser, `${pool}/data`), {
        code: 'not-permitted',
        hint: /^Run as root/,
      })
      return
    }
    t.equal((await listSnapshots(asUser, `${pool}/data`)).length, 2)
    t.match(await estimateSend(asUser, { snapshot: one, flags: [] }), Number)
    await shell(`
      zfs create -o canmount=off "$POOL/theirs"
      zfs create -o canmount=off "$POOL/theirs/a"
      "$RUN" sh -c "zfs send '$POOL/data@-one' > /$POOL/stream; chmod 644 /$POOL/stream"`)
    const denied: readonly (readonly [args: readonly string[], after: string])[] = [
      [sendCommand({ snapshot: one, flags: [] }).args, '> /dev/null'],
      [
        receiveCommand({
          name: { dataset: `${pool}/theirs/got it`, snapshot: 'x' },
          unmounted: true,
          force: true,
        }).args,
        `< /${pool}/stream`,
      ],
      [['rename', `${pool}/theirs/a`, `${pool}/theirs/b`], ''],
    ]
    for (const [args, after] of denied) {
      const run = commandsOf(inHost, 'backup', after)
      const error = await run(args).then(
        () => undefined,
        (error: unknown) => error,
      )
      t.match(error, {
        code: 'not-permitted',
        hint: /^Run as root, or let root run once: zfs allow -u backup /,
      })
      const { hint = '' } = error as { hint?: string }
      await shell(hint.slice(hint.indexOf('zfs allow')))
      await t.resolves(run(args), `${String(args[0])}, after ${hint}`)
    }
    t.match(await listSnapshots(run, `${pool}/theirs/got it`), [{ snapshot: 'x' }])
    t.match(await getProperties(run, `${pool}/theirs/b`, ['type']), {
      type: 'filesystem',
    })
  })

  await t.test('rename', async (t) => {
    const [from, to] = [`${pool}/moving`, `${pool}/moved away`]
    await shell(`
      zfs create "$POOL/moving"
      zfs create "$POOL/moving/c"
      zfs snapshot "$POOL/moving@s"`)
    const mounted = async (dataset: string) =>
      (await getProperties(run, dataset, ['mounted']))['mounted']
    await t.rejects(renameDataset(run, from, `${pool}/data`), {
      code: 'dataset-exists',
    })
    await t.rejects(renameDataset(run, from, `${pool}/no/such`), {
      code: 'no-such-dataset',
    })
    await t.rejects(renameDataset(run, `${pool}/none`, to), {
      code: 'no-such-dataset',
    })

    const user = spawn(inHost, ['sh', '-c', `cd '/${from}/c' && echo ready && exec sleep 600`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await once(user.stdout, 'data')
      await t.rejects(renameDataset(run, from, to), {
        code: 'zfs-failed',
        message: /busy/,
        hint: /Stop the processes that use/,
      })
    } finally {
      user.kill()
      await once(user, 'close')
    }
    t.equal(await mounted(from), 'yes', 'all is as it was')
    t.equal(await mounted(`${from}/c`), 'yes')

    t.strictSame(await renameDataset(run, from, to), [])
    t.match(await listSnapshots(run, to), [{ dataset: to, snapshot: 's' }])
    t.equal(await mounted(`${to}/c`), 'yes')

    await shell(`"$RUN" sh -c "echo > /$POOL/in-the-way"`)
    const said = await renameDataset(run, to, `${pool}/in-the-way`)
    t.match(said[0], /^cannot mount '.*in-the-way'/)
    t.equal(await mounted(`${pool}/in-the-way`), 'no')
    await t.rejects(listSnapshots(run, to), { code: 'no-such-dataset' })
  })
})
