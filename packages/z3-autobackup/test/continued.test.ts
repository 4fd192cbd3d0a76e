import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { holds, makeScene, names, sums, write } from './setup.js'

void t.test('a pool of zfs-autobackup', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'con', 'source', 'target')
  const { from, to } = scene
  const tag = 'zfs_autobackup:old'

  await t.test('goes on where it was', async (t) => {
    const dataset = `${from.name}/served`
    const path = `${to.name}/backup`
    const copy = `${path}/${dataset}`
    const env = { D: dataset, COPY: copy, TAG: tag }
    await from.must('zfs create -o autobackup:old=true "$D"', env)
    await write(from, dataset, 'one')
    await from.must('zfs snapshot "$D@old-20260101030000"', env)
    await write(from, dataset, 'two')
    await from.must(
      'zfs snapshot "$D@old-20260102030000"; zfs hold "$TAG" "$D@old-20260102030000"',
      env,
    )
    await to.must('zfs create -o atime=off "$POOL/backup"')
    await to.must('zfs create -p "$(dirname "$COPY")"', env)
    // as the old tool leaves it: both snapshots, the last one held
    const stream = `${t.testdir({})}/stream`
    for (const [base, snapshot] of [
      ['', 'old-20260101030000'],
      ['@old-20260101030000', 'old-20260102030000'],
    ]) {
      const words = { ...env, STREAM: stream, BASE: base ?? '' }
      await from.must(
        `zfs send -p \${BASE:+-i "$BASE"} "$D@${String(snapshot)}" > "$STREAM"`,
        words,
      )
      await to.must('zfs receive -u -x autobackup:old "$COPY" < "$STREAM"', words)
    }
    await to.must('zfs hold "$TAG" "$COPY@old-20260102030000"', env)
    await write(from, dataset, 'three')

    const out = await scene.ok(t, [...['--ssh-target', 'target', '-v', 'old', path]])
    t.notMatch(out, 'receiving full')
    t.equal(out.match(/receiving incremental/g)?.length, 1, out)
    t.equal(await to.guids(copy), await from.guids(dataset))
    const newest = (await names(from, dataset)).at(-1) ?? ''
    t.match(newest, /^old-\d{14}$/)
    t.not(newest, 'old-20260102030000')
    for (const [pool, name] of [
      [from, dataset],
      [to, copy],
    ] as const) {
      t.strictSame(await holds(pool, name), [`${newest} ${tag}`])
    }
    t.equal(await sums(to, copy), await sums(from, dataset))
  })

  await t.test('names of another format', async (t) => {
    const dataset = `${from.name}/formats`
    const path = `${to.name}/formats`
    await from.must(
      'zfs create -o com.example:backup-f=true "$D"; zfs snapshot "$D@f-20260101030000"',
      { D: dataset },
    )
    await to.must('zfs create "$POOL/formats"')
    await write(from, dataset, 'x')
    await scene.ok(t, [
      ...['--property-format', 'com.example:backup-{}'],
      ...['--snapshot-format', 'snap_{}_%Y-%m-%dT%H:%M:%S', '--utc'],
      ...['--hold-format', 'held:{}', '--ssh-target', 'target', 'f', path],
    ])
    const copied = await names(to, `${path}/${dataset}`)
    t.equal(copied.length, 1, 'that of the other format is not ours')
    t.match(copied[0], /^snap_f_\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    t.strictSame(await holds(from, dataset), [`${String(copied[0])} held:f`])
  })

  await t.test('a copy by other means is taken over', async (t) => {
    const dataset = `${from.name}/migrated`
    const path = `${to.name}/migrated`
    const copy = `${path}/${dataset}`
    const env = { D: dataset, COPY: copy, STREAM: `${t.testdir({})}/stream` }
    await from.must(
      'zfs create -o autobackup:mig=true "$D"; zfs snapshot "$D@by-hand"; zfs send "$D@by-hand" > "$STREAM"',
      env,
    )
    await to.must('zfs create -p "$(dirname "$COPY")"; zfs receive -u "$COPY" < "$STREAM"', env)
    await write(from, dataset, 'x')
    const out = await scene.ok(t, [...['--ssh-target', 'target', '-v', 'mig', path]])
    t.notMatch(out, 'receiving full')
    t.match(out, 'receiving incremental')
    t.equal(await to.guids(copy), await from.guids(dataset))
    // of the same name, and not the same: it is not taken for common
    await from.must('zfs snapshot "$D@twin"', env)
    await to.must('zfs snapshot "$COPY@twin"', env)
    await write(from, dataset, 'y')
    const { code, stderr } = await scene.run([
      ...['--ssh-target', 'target', '--other-snapshots', 'mig', path],
    ])
    t.equal(code, 1)
    t.match(stderr, /NOTE: .*@twin has the name of .*, but is another snapshot/)
    t.match(stderr, /block the stream: @twin/)
  })

  await t.test('a snapshot of others is let go, too', async (t) => {
    const dataset = `${from.name}/theirs`
    const path = `${to.name}/theirs`
    const copy = `${path}/${dataset}`
    await from.must('zfs create -o autobackup:the=true "$D"', { D: dataset })
    await to.must('zfs create -o atime=off "$POOL/theirs"')
    const args = [
      ...['--ssh-target', 'target', '--other-snapshots', '--no-snapshot'],
      ...['the', path],
    ]
    for (const snapshot of ['one', 'two', 'three']) {
      await write(from, dataset, snapshot)
      await from.must('zfs snapshot "$D@$S"', { D: dataset, S: snapshot })
      await scene.ok(t, args)
      for (const [pool, name] of [
        [from, dataset],
        [to, copy],
      ] as const) {
        t.strictSame(await holds(pool, name), [`${snapshot} zfs_autobackup:the`])
      }
    }
  })

  await t.test('a target in what it backs up', async (t) => {
    const { name } = from
    await from.must(
      'zfs create "$POOL/in"; zfs create "$POOL/in/data"; zfs create -o atime=off "$POOL/in/copies"; zfs set autobackup:in=true "$POOL/in"',
    )
    const args = ['-v', 'in', `${name}/in/copies`]
    for (let n = 0; n < 2; n += 1) {
      const out = await scene.ok(t, [...args, '--allow-empty'])
      t.match(out, `${name}/in/copies: Ignored (excluded path)`)
      t.equal(out.match(/: receiving /g)?.length, 2, 'no copy of a copy')
    }
    const { code, stderr } = await scene.run(['in', `${name}/in`])
    t.equal(code, 0)
    t.match(stderr, /NOTE: .*nothing is backed up/, 'and that is told')
  })
})
