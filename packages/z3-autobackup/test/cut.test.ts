import { NO_SSH, type BinaryResult } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { holds, makeBackup, makeScene, names, sums, timeless, write } from './setup.js'

/** Bytes of a stream, about, and where it is cut. */
const SIZE = 6_000_000
const CUT = 3_000_000

/** A cut before anything has been written there saves nothing. */
const TRIES = 7

/** An ssh that dies, as from kill -9, WAIT seconds after so many bytes have gone to zfs. */
const CUTTING = `#!/bin/bash
real=/usr/bin/ssh
[ ! -e "$DEAD" ] || { echo 'ssh: connect to host 10.0.0.1 port 22: Connection refused' >&2; exit 255; }
case "$*" in
  *'zfs receive'*)
    exec 3<&0
    { head -c "$CUT" <&3; sleep "$WAIT"
      [ -z "$DEAD" ] || touch "$DEAD"
      [ -z "$DEAD" ] || $real -O exit -S "$(echo "$*" | sed -n 's/.*ControlPath=\\([^ ]*\\).*/\\1/p')" x 2> /dev/null
      kill -9 "$(cat "$PIDFILE")"; } | { echo $BASHPID > "$PIDFILE"; exec $real "$@"; }
    ;;
  *) exec $real "$@" ;;
esac
`

void t.test('a line that is cut', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'cut', 'source', 'target')
  const { from, to } = scene
  const bin = t.testdir({
    ssh: CUTTING,
    short: `#!/bin/bash\nhead -c ${String(CUT)}; exit 3\n`,
  })
  await from.must('chmod +x "$B/ssh" "$B/short"', { B: bin })
  const cutting = (dead: string, wait = 0.2) => ({
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    CUT: String(CUT),
    WAIT: String(wait),
    PIDFILE: `${bin}/pid`,
    DEAD: dead,
  })
  const make = (backup: string, below: readonly string[] = []) => makeBackup(scene, backup, below)
  const push = (backup: string, path: string): readonly string[] => [
    ...['--ssh-target', 'target', '-v', backup, path],
  ]
  const isSaved = async (copy: string): Promise<boolean> => {
    const text = await to.must('zfs list -H -o name,receive_resume_token -r "$POOL"')
    return text.split('\n').some((line) => line.startsWith(`${copy}\t`) && !line.endsWith('\t-'))
  }
  /** Cut a transfer until something of it is saved; on a busy host, zfs receive needs longer for that. */
  const cutUntilSaved = async (
    t: Test,
    copy: string,
    run: (wait: number) => Promise<BinaryResult>,
  ): Promise<BinaryResult> => {
    for (let n = 0; n < TRIES; n += 1) {
      const result = await run(0.2 * 2 ** n)
      t.equal(result.code, 1, result.stderr)
      t.match(result.stderr, '! 1 dataset failed!')
      if (await isSaved(copy)) return result
    }
    throw new Error('nothing was ever saved')
  }

  await t.test('ssh is killed; the next run goes on', async (t) => {
    const { dataset, path, copy } = await make('killed')
    await write(from, dataset, 'big', SIZE)
    for (const what of ['receiving full', 'receiving incremental']) {
      const broken = await cutUntilSaved(t, copy, (wait) =>
        scene.run(push('killed', path), 'from', cutting('', wait)),
      )
      t.match(timeless(String(broken.stdout)), `@killed-*: ${what}`)
      const again = await scene.ok(t, push('killed', path))
      t.match(timeless(again), `${copy}@killed-*: resuming`)
      t.equal(await to.guids(copy), await from.guids(dataset))
      t.equal(await sums(to, copy), await sums(from, dataset))
      const newest = (await names(from, dataset)).at(-1) ?? ''
      t.strictSame(await holds(to, copy), [`${newest} zfs_autobackup:killed`])
      await write(from, dataset, 'big 2', SIZE)
    }
  })

  await t.test('ssh is lost for good', async (t) => {
    const { dataset, path, copy } = await make('lost', ['/a', '/b'])
    await scene.ok(t, push('lost', path))
    await write(from, dataset, 'big', SIZE)
    await write(from, `${dataset}/b`, 'x')
    const { code, stderr } = await scene.run(push('lost', path), 'from', cutting(`${bin}/dead`))
    t.equal(code, 3, stderr)
    // a busy host notices the loss at the dataset after that
    t.match(stderr, /2 more datasets were skipped|1 more dataset was skipped/)
    t.match(stderr, '! 3 datasets failed!')
    await scene.ok(t, push('lost', path))
    for (const below of ['', '/a', '/b']) {
      t.equal(await to.guids(`${copy}${below}`), await from.guids(`${dataset}${below}`))
    }
  })

  await t.test('what is saved is of no use any more', async (t) => {
    const { dataset, path, copy } = await make('stale')
    const cutRun = (): Promise<BinaryResult> =>
      cutUntilSaved(t, copy, () =>
        scene.run([...push('stale', path), ...['--send-pipe', `${bin}/short`, '--no-snapshot']]),
      )
    const snapshot = (name: string): Promise<string> =>
      from.must('zfs snapshot "$D@$S"', { D: dataset, S: name })
    const day = (n: number): string => `stale-2026010${String(n)}000000`

    // of a first receive, whose snapshot is gone: the dataset goes with it
    await write(from, dataset, 'big 1', SIZE)
    await snapshot(day(1))
    await cutRun()
    await from.must('zfs destroy "$D@$S"', { D: dataset, S: day(1) })
    await snapshot(day(2))
    const first = await scene.ok(t, [...push('stale', path), '--no-snapshot'])
    t.match(first, `${copy}: Aborting resume, it's no longer valid.`)
    t.match(first, `${copy}@${day(2)}: receiving full`)

    // of one that the target would not keep
    await write(from, dataset, 'big 2', SIZE)
    await snapshot(day(3))
    await cutRun()
    await snapshot(day(4))
    const unwanted = await scene.ok(t, [
      ...push('stale', path),
      ...['--no-snapshot', '--keep-target', '1'],
    ])
    t.match(unwanted, `${copy}: Aborting resume, we don't want that snapshot anymore.`)
    t.strictSame(await names(to, copy), [day(4)])

    // and nothing is to be sent at all
    await write(from, dataset, 'big 3', SIZE)
    await snapshot(day(5))
    await cutRun()
    await from.must('zfs destroy "$D@$S"', { D: dataset, S: day(5) })
    const obsolete = await scene.ok(t, [...push('stale', path), '--no-snapshot'])
    t.match(obsolete, `${copy}: Aborting resume, it's obsolete.`)
    t.notOk(await isSaved(copy))
  })

  await t.test('what the source sends breaks off, in a pull', async (t) => {
    const { dataset, path, copy } = await make('broken')
    await write(from, dataset, 'big', SIZE)
    const pull = ['--ssh-source', 'source', '-v', 'broken', path]
    await cutUntilSaved(t, copy, () =>
      scene.run([...pull, '--send-pipe', `head -c ${String(CUT)}`], 'to'),
    )
    const again = await scene.ok(t, [...pull, '--compress=gzip'], 'to')
    t.match(again, ': resuming')
    t.equal(await to.guids(copy), await from.guids(dataset))
    t.equal(await sums(to, copy), await sums(from, dataset))
  })
})
