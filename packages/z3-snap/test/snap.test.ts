import { NO_ZFS, startBinary, testPool, until } from '@z3/fixtures'
import t from 'tap'
import { secondPool, snap } from './setup.js'

/** Its zfs knows no `written`, and no atomic snapshots. */
const SKIP = NO_ZFS || (process.env['Z3_TEST_ZFS'] === 'fuse' && 'an old zfs')

const STAMP = /^(.*)@([a-z]+)-(\d{14})$/

void t.test('real ZFS', { skip: SKIP }, async (t) => {
  const made = await testPool('snap')
  t.teardown(() => made.close())
  const second = await secondPool(made, 'b')
  t.teardown(() => second.close())
  const p = made.name
  const must = (script: string, more?: Readonly<Record<string, string>>): Promise<string> =>
    made.must(script, more)
  const q = second.name
  const env = { P: p, Q: q }
  const zfs = (script: string) => must(script, env)
  const snapshots = async (name: string): Promise<readonly string[]> =>
    (await zfs('zfs list -H -t snapshot -o name -s name'))
      .split('\n')
      .filter((line) => line.includes(`@${name}-`))
      .sort()
  const datasets = (lines: readonly string[]) =>
    lines.map((line) => STAMP.exec(line)?.[1] ?? `?? ${line}`)
  const write = (dataset: string, bytes = 300_000) =>
    must(
      `"$RUN" sh -c 'head -c ${String(bytes)} /dev/urandom > "$1/file"; sync' sh "/$DATASET"
       zpool sync "${dataset.split('/')[0] ?? ''}"`,
      { DATASET: dataset },
    )
  await zfs(`
    for d in yes yes/sub "yes/with blank" yes/no yes/no/deep child child/one child/two parent parent/one; do
      zfs create "$P/$d"; done
    zfs create -s -V 8M "$P/yes/vol"
    zfs create "$Q/data"`)

  await t.test('selection, and one instant for each pool', async (t) => {
    await zfs(`
      zfs set autobackup:sel=true "$P/yes" "$Q"
      zfs set autobackup:sel=false "$P/yes/no"
      zfs set autobackup:sel=child "$P/child"
      zfs set autobackup:sel=parent "$P/parent"`)
    const dry = await snap(['sel', '--dry-run'])
    t.equal(dry.code, 0, dry.err)
    t.equal(dry.out.length, 2)
    for (const line of dry.out) t.match(line, /^zfs snapshot /)
    t.strictSame(await snapshots('sel'), [], 'a dry run changes nothing')
    const { code, out, err } = await snap(['sel', '--verbose'])
    t.equal(code, 0, err)
    t.strictSame(datasets(out), [
      `${p}/child/one`,
      `${p}/child/two`,
      `${p}/parent`,
      `${p}/yes`,
      `${p}/yes/sub`,
      `${p}/yes/vol`,
      `${p}/yes/with blank`,
      q,
      `${q}/data`,
    ])
    t.strictSame([...out].sort(), await snapshots('sel'), 'they are there, and no others')
    for (const line of [
      `${p}/yes: Selected (direct selection)`,
      `${p}/yes/vol: Selected (inherited selection)`,
      `${p}/yes/no: Ignored (disabled)`,
      `${p}/yes/no/deep: Ignored (disabled)`,
      `${p}/child: Ignored (only childs)`,
      `${p}/parent/one: Ignored (only parent)`,
    ]) {
      t.match(err, `z3-snap: ${line}\n`)
    }
    for (const pool of [p, q]) {
      const names = out.filter((name) => name.split(/[/@]/)[0] === pool)
      const txgs = await must(
        `zfs get -Hp -o value createtxg ${names.map((name) => `'${name}'`).join(' ')}`,
      )
      t.equal(new Set(txgs.trim().split('\n')).size, 1, 'one txg')
    }
    const again = await snap(['sel', '--verbose'])
    t.equal(again.code, 0)
    t.strictSame(again.out, [], 'nothing was written')
    t.match(again.err, `z3-snap: ${p}/yes: No changes since ${String(out[0]?.split('@')[1])}\n`)
  })

  await t.test('received, exclusions', async (t) => {
    await zfs(`
      zfs create "$P/src"
      zfs create "$P/src/a"
      zfs set autobackup:recv=true "$P/src"
      zfs snapshot -r "$P/src@s"
      zfs send -R "$P/src@s" | zfs receive -u "$Q/copy"`)
    const all = await snap(['recv', '--allow-empty'])
    t.strictSame(datasets(all.out), [`${p}/src`, `${p}/src/a`, `${q}/copy`, `${q}/copy/a`], all.err)
    const json = async (...args: readonly string[]) => {
      const { code, out, err } = await snap([
        ...['recv', '--snapshot-format', '{}x-%Y%m%d%H%M%S'],
        ...['--json', '--dry-run', ...args],
      ])
      t.equal(code, 0, err)
      const { selection } = JSON.parse(String(out[0])) as {
        selection: {
          dataset: string
          selected: boolean
          reason: string
        }[]
      }
      return selection.map(
        ({ dataset, selected, reason }) => `${dataset.slice(p.length)} ${selected ? '+' : reason}`,
      )
    }
    t.strictSame(await json('--exclude-received'), [
      '/src +',
      '/src/a +',
      'b/copy Ignored (received property)',
      'b/copy/a Ignored (received property)',
    ])
    t.strictSame(await json('--exclude', `${p}/src/a`, '--exclude', q), [
      '/src +',
      '/src/a Ignored (excluded path)',
      'b/copy Ignored (excluded path)',
      'b/copy/a Ignored (excluded path)',
    ])
    await write(`${p}/src/a`)
    t.strictSame(await json('--exclude-unchanged', '1'), [
      '/src Ignored (no changes since its newest snapshot)',
      '/src/a +',
      ...['b/copy', 'b/copy/a'].map((d) => `${d} Ignored (no changes since its newest snapshot)`),
    ])
    t.match((await json('--exclude-unchanged', '100M'))[1], /less than 104857600 bytes/)
    const none = await snap(['recv', '--exclude', p, '--exclude', q])
    t.equal(none.code, 0, 'only exclusions are no error')
    t.strictSame(none.out, [])
    t.match(none.err, 'no dataset is selected, 4 are ignored')
  })

  await t.test('min-change', async (t) => {
    await zfs(`
      zfs create "$P/mc"
      zfs create "$P/mc/a"
      zfs set autobackup:mc=true "$P/mc"
      zfs snapshot -r "$P/mc@mc-20200101000000"`)
    const run = async (...args: readonly string[]) =>
      datasets((await snap(['mc', '-n', '--json', ...args])).out)
    const dry = async (...args: readonly string[]) => {
      const { out, err, code } = await snap(['mc', '-n', ...args])
      t.equal(code, 0, err)
      return out.join('\n').match(/\S+@mc-/g)
    }
    t.equal(await dry(), null)
    t.equal((await run()).length, 1)
    t.strictSame(await dry('--allow-empty'), [`${p}/mc@mc-`, `${p}/mc/a@mc-`])
    t.strictSame(await dry('--min-change', '0'), [`${p}/mc@mc-`, `${p}/mc/a@mc-`])
    await write(`${p}/mc/a`)
    // another's snapshot in between: what counts is ours
    await zfs('zfs snapshot -r "$P/mc@other"')
    t.strictSame(await dry(), [`${p}/mc/a@mc-`])
    t.strictSame(await dry('--min-change', '10K'), [`${p}/mc/a@mc-`])
    t.equal(await dry('--min-change', '10M'), null)
    const taken = await snap(['mc'])
    t.strictSame(datasets(taken.out), [`${p}/mc/a`])
    t.equal(await dry(), null)
  })

  await t.test('names: utc, format, properties', async (t) => {
    const args = [
      ...['names', '--dataset', `${p}/parent`],
      ...['--snapshot-format', '{}_%Y-%m-%d_%H', '--allow-empty'],
      ...['--set-snapshot-properties', 'test:a=1,test:b=x=y'],
    ]
    const hour = (shift: number) =>
      new Date(Date.now() + shift).toISOString().slice(0, 13).replace('T', '_')
    const before = hour(0)
    const utc = await snap([...args, '--utc'], { TZ: 'Asia/Tokyo' })
    t.equal(utc.code, 0, utc.err)
    const after = hour(0)
    t.ok(
      [before, after].some((text) => utc.out[0] === `${p}/parent@names_${text}`),
      String(utc.out[0]),
    )
    t.equal(
      await must('zfs get -Hp -o property,value test:a,test:b "$S"', {
        S: String(utc.out[0]),
      }),
      'test:a\t1\ntest:b\tx=y\n',
    )
    const tokyo = 9 * 60 * 60 * 1000
    const begun = hour(tokyo)
    const local = await snap(args, { TZ: 'Asia/Tokyo' })
    t.equal(local.code, 0, local.err)
    t.ok(
      [begun, hour(tokyo)].some((text) => local.out[0] === `${p}/parent@names_${text}`),
      String(local.out[0]),
    )
  })

  await t.test('tags', async (t) => {
    const args = ['tagged', '--dataset', `${p}/yes/vol`]
    const { out, err } = await snap([...args, '--tag', 'before it'])
    t.match(out[0], /\/vol@tagged-\d{14}_before it$/, err)
    const ours = await snap([...args, '--tag-separator', '_'])
    t.strictSame([ours.code, ours.out], [0, []], 'a snapshot of this name')
    const others = await snap(args)
    t.match(others.out[0], /\/vol@tagged-\d{14}$/, 'and here none')
    t.equal((await snapshots('tagged')).length, 2)
  })

  await t.test('the name is there already: nothing of the pool', async (t) => {
    await zfs(`zfs snapshot "$P/child/two@$(date -u +same-%Y)"`)
    const { code, out, err } = await snap([
      ...['same', '--utc', '--snapshot-format', '{}-%Y', '--allow-empty'],
      ...['--dataset', `${p}/child`, '-r', '--dataset', `${q}/data`],
    ])
    t.equal(code, 1)
    t.strictSame(
      out.map((line) => line.replace(/-\d{4}$/, '')),
      [`${q}/data@same`],
      'the other pool is taken, and told',
    )
    t.match(err, /cannot create snapshot '.*child\/two@same-\d{4}': dataset already exists/)
    t.match(err, /hint: Another run used the same name/)
    t.equal((await snapshots('same')).length, 2)
    const json = await snap([
      ...['same', '--utc', '--snapshot-format', '{}-%Y', '--allow-empty'],
      ...['--dataset', `${p}/child/two`, '--json'],
    ])
    t.equal(json.code, 1)
    t.match(JSON.parse(String(json.out[0])), {
      status: 'error',
      taken: [],
      failures: [{ code: 'zfs-failed', message: /dataset already exists/ }],
    })
  })

  await t.test('named datasets', async (t) => {
    const { code, out, err } = await snap([
      ...['Named Upper', '--dataset', `${p}/yes`, '--recursive'],
      ...['--exclude', `${p}/yes/no`, '--dataset', `${p}/yes/sub`],
    ])
    t.equal(code, 0, err)
    t.strictSame(
      out.map((line) => line.split('@')[0]),
      ['yes', 'yes/sub', 'yes/vol', 'yes/with blank'].map((d) => `${p}/${d}`),
    )
    const gone = await snap(['x', '--dataset', `${p}/none`])
    t.equal(gone.code, 4)
    t.match(gone.err, `dataset '${p}/none' does not exist`)
  })

  await t.test('a value that is none, and nothing selected', async (t) => {
    const none = await snap(['nobody'])
    t.equal(none.code, 4)
    t.match(
      none.err,
      /no dataset on this host has the property 'autobackup:nobody'\nhint: Select datasets with: zfs set/,
    )
    await zfs(`
      zfs set autobackup:bad=true "$P/yes"
      zfs set autobackup:bad="$(printf 'li\\tne\\ntwo')" "$P/yes/sub"`)
    const bad = await snap(['bad'])
    t.equal(bad.code, 2)
    t.match(
      bad.err,
      `autobackup:bad of '${p}/yes/sub' is "li\\tne\\ntwo" (allowed: true, child, parent, false)`,
    )
    t.strictSame(await snapshots('bad'), [])
  })

  await t.test('commands before and after', async (t) => {
    const log = `${t.testdir()}/log`
    const say = (text: string, more = '') =>
      `sh -c 'echo "${text} $(zfs list -H -t snapshot -o name ${p}/parent | grep -c @hook-)" >> ${log}${more}'`
    const hooks = (...words: readonly string[]) =>
      snap(
        [
          ...['hook', '--dataset', `${p}/parent`],
          ...['--pre-snapshot-cmd', say('pre1', '; echo told'), ...words],
          ...['--post-snapshot-cmd', say('post1', '; echo heard >&2; exit 3')],
          ...['--post-snapshot-cmd', say('post2')],
        ],
        {},
      )
    const logged = () => must(`cat "$LOG"; rm -f "$LOG"`, { LOG: log })

    const dry = await hooks('--dry-run')
    t.equal(dry.out.length, 4)
    const first = await hooks('--verbose')
    t.equal(first.code, 1, 'a failing post command')
    t.equal(first.out.length, 1, 'but the snapshot is there')
    t.match(first.err, 'z3-snap: told\n')
    t.match(first.err, 'z3-snap: heard\n')
    t.match(first.err, /z3-snap: 'sh -c .*' exited 3/)
    t.equal(await logged(), 'pre1 0\npost1 1\npost2 1\n')

    const idle = await hooks()
    t.equal(idle.code, 0, 'nothing to snapshot: nothing is run')
    await t.rejects(logged())

    const abort = await hooks('--allow-empty', '--pre-snapshot-cmd', 'false')
    t.equal(abort.code, 1)
    t.strictSame(abort.out, [])
    t.match(abort.err, /z3-snap: 'false' exited 1/)
    t.equal(await logged(), 'pre1 1\npost1 1\npost2 1\n', 'no snapshot')

    const failing = await snap([
      ...['hook', '--dataset', `${p}/parent`, '--allow-empty'],
      ...['--snapshot-format', '{}-%Y', '--utc', '--json'],
      ...[
        '--pre-snapshot-cmd',
        `zfs snapshot ${p}/parent@hook-${new Date().toISOString().slice(0, 4)}`,
      ],
      ...['--post-snapshot-cmd', say('post')],
    ])
    t.equal(failing.code, 1)
    t.match(JSON.parse(String(failing.out[0])), { status: 'error', taken: [] })
    t.equal(await logged(), 'post 2\n', 'post is run when zfs failed')

    const missing = await hooks('--allow-empty', '--pre-snapshot-cmd', 'no-such')
    t.equal(missing.code, 1)
    t.match(missing.err, "cannot run 'no-such': no such program")
    t.equal((await logged()).split('\n').length, 4)
  })

  await t.test('ended by a signal: what was stopped is set free', async (t) => {
    const dir = t.testdir()
    const { child, ended, stderr } = startBinary('z3-snap', [
      ...['ended', '--dataset', `${p}/parent`, '--verbose'],
      ...['--pre-snapshot-cmd', "sh -c 'echo stopped >&2; exec sleep 1000'"],
      ...['--post-snapshot-cmd', `touch ${dir}/free`],
    ])
    await until('it is stopped', () => stderr().includes('stopped'))
    child.kill('SIGTERM')
    const { signal, stdout } = await ended
    t.equal(signal, 'SIGTERM')
    t.equal(String(stdout), '')
    await must(`test -e "${dir}/free"`)
    t.strictSame(await snapshots('ended'), [])
  })

  await t.test('quiet', async (t) => {
    const args = ['quiet', '--dataset', `${p}/yes/vol`, '--quiet']
    const { code, out, err } = await snap(args)
    t.equal(code, 0)
    t.strictSame(out, [])
    t.equal(err, '')
    t.equal((await snapshots('quiet')).length, 1)
  })
})
