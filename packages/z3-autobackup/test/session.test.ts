import { NO_SSH } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { holds, linesOf, makeScene, names, sums, timeless, write } from './setup.js'

void t.test("the manual's example", { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'ses', 'source', 'target')
  const { from, to } = scene

  /** All that is selected is at the target, the same. */
  const equal = async (t: Test, datasets: readonly string[], path: string): Promise<void> => {
    for (const dataset of datasets) {
      const copy = `${path}/${dataset}`
      t.equal(await to.guids(copy), await from.guids(dataset), copy)
    }
  }

  await t.test('pull, as the manual has it', async (t) => {
    const { name } = from
    await from.must(
      `zfs create "$POOL/ROOT"; zfs create "$POOL/ROOT/with blank"
       zfs create "$POOL/data"; zfs create -V 16M "$POOL/data/vm-100-disk-0"
       zfs create "$POOL/swap"; zfs create "$POOL/only"; zfs create "$POOL/only/below"
       zfs create "$POOL/children"; zfs create "$POOL/children/child"
       zfs set autobackup:offsite1=true "$POOL"
       zfs set autobackup:offsite1=false "$POOL/swap"
       zfs set autobackup:offsite1=parent "$POOL/only"
       zfs set autobackup:offsite1=child "$POOL/children"
       "$RUN" sh -c 'for i in $(seq 100); do [ -e "$1" ] && break; sleep 0.1; done; dd if=/dev/urandom of="$1" bs=1024k count=2 2> /dev/null && sync' sh "/dev/zvol/$POOL/data/vm-100-disk-0"`,
    )
    await to.must('zfs create -o atime=off "$POOL/server1"')
    await write(from, `${name}/ROOT/with blank`, 'a file')
    const path = `${to.name}/server1`
    const pull = ['--ssh-source', 'source', 'offsite1', path]
    const first = await scene.ok(t, [...pull, '--verbose'], 'to')
    const lines = linesOf(timeless(first))
    const inOrder = [
      '#### Settings summary',
      '[Source] Datasets on: source',
      '[Source] Keep the last 10 snapshots.',
      '[Source] Keep every 1 day, delete after 1 week.',
      '[Source] Keep every 1 week, delete after 1 month.',
      '[Source] Keep every 1 month, delete after 1 year.',
      '[Target] Datasets are local',
      '[Target] Keep the last 10 snapshots.',
      `[Target] Receive datasets under: ${path}`,
      '#### Selecting',
      `[Source] ${name}: Selected (direct selection)`,
      `[Source] ${name}/ROOT: Selected (inherited selection)`,
      `[Source] ${name}/ROOT/with blank: Selected (inherited selection)`,
      `[Source] ${name}/children: Ignored (only childs)`,
      `[Source] ${name}/children/child: Selected (inherited selection)`,
      `[Source] ${name}/data: Selected (inherited selection)`,
      `[Source] ${name}/data/vm-100-disk-0: Selected (inherited selection)`,
      `[Source] ${name}/only: Selected (direct selection)`,
      `[Source] ${name}/only/below: Ignored (only parent)`,
      `[Source] ${name}/swap: Ignored (disabled)`,
      '#### Snapshotting',
      `[Source] Creating snapshots offsite1-* in pool ${name}`,
      '#### Sending and thinning',
      `[Target] ${path}/${name}@offsite1-*: receiving full`,
      `[Target] ${path}/${name}/ROOT@offsite1-*: receiving full`,
      `[Target] ${path}/${name}/data/vm-100-disk-0@offsite1-*: receiving full`,
      '#### All operations completed successfully',
    ]
    t.strictSame(
      inOrder.filter((line) => !lines.includes(line)),
      [],
      first,
    )
    const at = inOrder.map((line) => lines.indexOf(line))
    t.strictSame(
      at,
      at.toSorted((a, b) => a - b),
      'in this order',
    )
    const selected = [
      ...['', '/ROOT', '/ROOT/with blank', '/data', '/data/vm-100-disk-0'],
      ...['/only', '/children/child'],
    ].map((below) => `${name}${below}`)
    await equal(t, selected, path)
    t.equal(
      await to.must('zfs list -H -r -o name "$POOL/server1"'),
      [
        path,
        ...['', '/ROOT', '/ROOT/with blank', '/children', '/children/child']
          .concat(['/data', '/data/vm-100-disk-0', '/only'])
          .map((below) => `${path}/${name}${below}`),
      ]
        .map((line) => `${line}\n`)
        .join(''),
      'and nothing else',
    )
    const root = `${name}/ROOT/with blank`
    const [snapshot = ''] = await names(from, root)
    t.match(snapshot, /^offsite1-\d{14}$/)
    for (const [pool, dataset] of [
      [from, root],
      [to, `${path}/${root}`],
    ] as const) {
      t.strictSame(await holds(pool, dataset), [`${snapshot} zfs_autobackup:offsite1`])
    }
    t.equal(await sums(to, `${path}/${root}`), await sums(from, root))

    // now one has changed, and the volume
    await write(from, root, 'another file')
    await from.must(
      `"$RUN" sh -c 'dd if=/dev/urandom of="$1" bs=1024k count=1 2> /dev/null && sync' sh "/dev/zvol/$POOL/data/vm-100-disk-0"; zpool sync "$POOL"`,
    )
    const second = await scene.ok(t, [...pull, '--verbose'], 'to')
    const again = linesOf(timeless(second))
    for (const line of [
      `[Source] ${name}: No changes since offsite1-*`,
      `[Source] ${name}/data: No changes since offsite1-*`,
      `[Target] ${path}/${root}@offsite1-*: receiving incremental`,
      `[Target] ${path}/${name}/data/vm-100-disk-0@offsite1-*: receiving incremental`,
    ]) {
      t.ok(again.includes(line), line)
    }
    t.notMatch(second, 'receiving full')
    await equal(t, selected, path)
    t.equal((await names(from, root)).length, 2)
    const newest = (await names(from, root))[1] ?? ''
    for (const [pool, dataset] of [
      [from, root],
      [to, `${path}/${root}`],
    ] as const) {
      t.strictSame(
        await holds(pool, dataset),
        [`${newest} zfs_autobackup:offsite1`],
        'the hold has moved on',
      )
    }
    await to.must('zfs unmount "$D"; zfs mount "$D"', { D: `${path}/${root}` })
    t.equal(await sums(to, `${path}/${root}`), await sums(from, root))
    t.equal(
      await to.must(
        `"$RUN" sh -c 'sha256sum < "$1"' sh "/dev/zvol/$POOL/server1/$NAME/data/vm-100-disk-0"`,
        { NAME: name },
      ),
      await from.must(`"$RUN" sh -c 'sha256sum < "$1"' sh "/dev/zvol/$POOL/data/vm-100-disk-0"`),
    )

    // and the third thins on both sides
    await write(from, root, 'third')
    const thinned = await scene.ok(
      t,
      [...pull, '--verbose', '--keep-source', '1', '--keep-target', '2'],
      'to',
    )
    t.ok(linesOf(thinned).includes(`[Source] ${root}@${newest}: Destroying`), thinned)
    t.ok(linesOf(thinned).includes(`[Target] ${path}/${root}@${snapshot}: Destroying`), thinned)
    t.equal((await names(from, root)).length, 1)
    t.equal((await names(to, `${path}/${root}`)).length, 2)

    const { code, stdout, stderr } = await scene.run(pull, 'to')
    t.strictSame([code, String(stdout), stderr], [0, '', ''], 'silent')
    await from.must('zfs inherit -r autobackup:offsite1 "$POOL"')
  })

  await t.test('push, pull-push and local', async (t) => {
    const target = `${to.name}/ways`
    await to.must('zfs create -o atime=off "$POOL/ways"')
    const ways = {
      push: [['--ssh-target', 'target'], target],
      relay: [['--ssh-source', 'source', '--ssh-target', 'target'], target],
      local: [[], `${from.name}/local`],
    } as const
    await from.must('zfs create -o atime=off "$POOL/local"')
    for (const [way, [options, path]] of Object.entries(ways)) {
      const dataset = `${from.name}/${way} it`
      await from.must('zfs create -o "autobackup:$WAY=true" "$D"; zfs create "$D/b"', {
        D: dataset,
        WAY: way,
      })
      await write(from, dataset, 'one')
      const run = async (): Promise<string> => scene.ok(t, [...options, '-v', way, path])
      const first = await run()
      t.equal(first.match(/receiving full/g)?.length, 2, first)
      await write(from, dataset, 'two')
      const second = await run()
      t.equal(second.match(/receiving incremental/g)?.length, 1, second)
      const side = way === 'local' ? from : to
      const copy = `${path}/${dataset}`
      t.equal(await side.guids(copy), await from.guids(dataset))
      t.equal(await sums(side, copy), await sums(from, dataset))
      t.match(
        second,
        way === 'push' || way === 'local'
          ? '[Source] Datasets are local'
          : '[Source] Datasets on: source',
      )
    }
  })

  await t.test('snapshots only', async (t) => {
    const dataset = `${from.name}/only snapshots`
    await from.must('zfs create -o autobackup:snaps=true "$D"', { D: dataset })
    const args = ['snaps', '-v', '--keep-source', '1']
    const first = await scene.ok(t, args)
    t.match(first, '#### Source settings')
    t.match(first, '(No target_path specified, only operated as snapshot tool.)')
    const [old = ''] = await names(from, dataset)
    await write(from, dataset, 'x')
    const second = await scene.ok(t, args)
    t.match(second, '#### Thinning source')
    t.match(second, `[Source] ${dataset}@${old}: Destroying`)
    const left = await names(from, dataset)
    t.equal(left.length, 1)
    t.not(left[0], old)

    await write(from, dataset, 'y')
    await scene.ok(t, [...args, '--tag', 'kept'])
    const tagged = await names(from, dataset)
    t.match(tagged, [/^snaps-\d{14}_kept$/])
    await write(from, dataset, 'z')
    await scene.ok(t, args)
    const last = await names(from, dataset)
    t.equal(last[0], tagged[0], 'it is not of those that are thinned')
    t.match(last, [/_kept$/, /^snaps-\d{14}$/])
    await write(from, dataset, 'zz')
    await scene.ok(t, [...args, '--tag-seperator', '_'])
    t.match(await names(from, dataset), [/^snaps-\d{14}$/], 'now it is')
  })
})
