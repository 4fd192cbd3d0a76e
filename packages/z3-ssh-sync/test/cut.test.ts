import { hostPool, NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { ssh, sync } from './setup.js'

/** Points at which the line is cut; Z3_TEST_CUTS for more. */
const CUTS = Number(process.env['Z3_TEST_CUTS'] ?? 6)

/** Bytes of the stream, about. */
const SIZE = 12_000_000

/** An ssh that dies, as from kill -9, WAIT seconds after so many bytes have gone to zfs. */
const CUTTING = `#!/bin/bash
real=/usr/bin/ssh
case "$*" in
  *'zfs receive'*)
    exec 3<&0
    { head -c "$CUT" <&3; sleep "$WAIT"; kill -9 "$(cat "$PIDFILE")"; } | { echo $BASHPID > "$PIDFILE"; exec $real "$@"; }
    ;;
  *) exec $real "$@" ;;
esac
`

void t.test('a line that is cut', { skip: NO_SSH }, async (t) => {
  const here = await hostPool('source', 'z3c')
  t.teardown(() => here.close())
  const there = await hostPool('target', 'z3d')
  t.teardown(() => there.close())
  const bin = t.testdir({ ssh: CUTTING })
  const from = `${here.name}/data`
  await here.must(
    `chmod +x "$BIN/ssh"; zfs create "$POOL/data"
     "$RUN" sh -c 'head -c ${String(SIZE)} /dev/urandom > "$1/f"' sh "/$POOL/data"
     zfs snapshot "$POOL/data@s1"`,
    { BIN: bin },
  )
  const guids = await here.guids(from)
  const cutAt = (bytes: number, args: readonly string[], wait = 0.2) =>
    sync(args, {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      CUT: String(bytes),
      WAIT: String(wait),
      PIDFILE: `${bin}/pid`,
    })
  let resumed = 0
  let resent = 0
  for (let n = 0; n < CUTS; n += 1) {
    const to = `${there.name}/copy${String(n)}`
    const args = [
      ...[...ssh(there.host), '--dataset', from, '--remote-dataset', to],
      `root@${there.host.address}`,
    ]
    const cut = Math.floor(Math.random() * SIZE)
    const broken = await cutAt(cut, args)
    t.not(broken.code, 0, `cut at ${String(cut)}`)
    t.notMatch(String(broken.stdout), 'received')
    const again = await sync(args)
    t.equal(again.code, 0, again.stderr)
    t.equal(await there.guids(to), guids)
    const arrived = Number(/\((\d+) bytes already received/.exec(again.stderr)?.[1] ?? 0)
    if (arrived > 0) resumed += 1
    resent += Math.max(0, cut - arrived)
    await there.must(
      `zfs mount "$COPY"; "$RUN" sh -c 'sha256sum < "$1/f"' sh "/$COPY" > "$BIN/sum"`,
      { COPY: to, BIN: bin },
    )
    t.equal(
      await there.must('cat "$BIN/sum"', { BIN: bin }),
      await here.must(`"$RUN" sh -c 'sha256sum < "$1/f"' sh "/$POOL/data"`),
    )
    await there.must('zfs destroy -r "$COPY"', { COPY: to })
  }
  t.comment(
    `${String(CUTS)} cuts: ${String(resumed)} went on where they broke off, ${String(resent)} bytes sent twice`,
  )
  t.ok(resumed > 0, 'some went on')

  await t.test('what it was begun with holds', async (t) => {
    const to = `${there.name}/begun`
    const args = [
      ...[...ssh(there.host), '--dataset', from, '--remote-dataset', to],
      `root@${there.host.address}`,
    ]
    const token = () =>
      there.must('zfs get -H -o value receive_resume_token "$COPY"', {
        COPY: to,
      })
    const flags = () => there.must('zfs get -H -o value z3:send-flags "$COPY"', { COPY: to })
    /** On a busy host, zfs receive needs longer to save something. */
    const begin = async (args: readonly string[]): Promise<string> => {
      for (let tries = 0; tries < 7; tries += 1) {
        const { code, stderr } = await cutAt(SIZE / 2, args, 0.2 * 2 ** tries)
        t.not(code, 0)
        said += stderr
        const saved = await token().catch(() => '-')
        if (saved.startsWith('1-')) return said
      }
      throw new Error('nothing was saved')
    }
    let said = ''
    await begin(args)

    // not what is wanted now: it is dropped, and begun anew
    said = ''
    t.match(
      await begin([...args, '--raw', '--compressed']),
      'discarding the data of an interrupted receive: the stream is not raw',
    )

    await here.must('zfs snapshot "$POOL/data@s2"')
    const dry = await sync([...args, '--dry-run'])
    t.equal(dry.code, 0, dry.stderr)
    t.match(
      String(dry.stdout),
      /^zfs send -t 1-\S+ \| .*\nzfs send -w -c -I \S+@s1 \S+@s2 \| .*\n$/,
    )
    t.match(await token(), /^1-/, 'a dry run leaves it')

    const again = await sync(args)
    t.equal(again.code, 0, again.stderr)
    t.equal(String(again.stdout), `received ${to}@s1\nreceived ${to}@s2\n`)
    t.equal(await flags(), 'wc\n')
    t.equal(await there.guids(to), await here.guids(from))
  })
})
