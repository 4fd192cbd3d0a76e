import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { NO_SSH, runBinary, runShell, testPool } from '@z3/fixtures'
import { verifyStream } from '@z3/zstream'
import t from 'tap'

/** Streams of every kind, made on real OpenZFS: name and command. */
const STREAMS: readonly (readonly [name: string, command: string])[] = [
  ['plain', 'zfs send $POOL/a@1'],
  ['large, embedded, compressed', 'zfs send -L -e -c $POOL/a@1'],
  ['embedded', 'zfs send -e $POOL/a@1'],
  ['raw', 'zfs send -w $POOL/enc@1'],
  ['raw increment', 'zfs send -w -i $POOL/enc@1 $POOL/enc@2'],
  ['tree', 'zfs send -R $POOL/a@3'],
  ['raw tree', 'zfs send -R -w $POOL/enc@2'],
  ['properties', 'zfs send -p $POOL/a@2'],
  ['holds', 'zfs send -h -R $POOL/a@1'],
  ['increment', 'zfs send -i $POOL/a@1 $POOL/a@2'],
  ['from a bookmark', 'zfs send -i $POOL/a#1 $POOL/a@2'],
  ['increments', 'zfs send -I $POOL/a@1 $POOL/a@3'],
  ['large blocks', 'zfs send -L $POOL/big@1'],
  ['volume', 'zfs send $POOL/vol@1'],
  ['redacted', 'zfs send --redact book $POOL/a@1'],
  ['resumed', 'zfs send -t "$(zfs get -H -o value receive_resume_token $POOL/cut)"'],
]

const PREPARE = `
run() { "$RUN" sh -c "cd /$POOL; $1" < /dev/null; }
zfs create "$POOL/a"; zfs create "$POOL/a/b"; zfs create -V 16M "$POOL/vol"
zfs create -o recordsize=1M "$POOL/big"
run "dd if=/dev/urandom of=a/r bs=64k count=16 2> /dev/null; cp -r /etc a/etc; for i in 1 2 3 4; do echo tiny > a/t\\$i; done; dd if=/dev/zero of=a/z bs=64k count=16 2> /dev/null; dd if=/dev/urandom of=big/r bs=1M count=3 2> /dev/null; echo x > a/b/f"
zfs snapshot -r "$POOL/a@1"; zfs snapshot "$POOL/big@1"; zfs snapshot "$POOL/vol@1"
zfs bookmark "$POOL/a@1" "$POOL/a#1"; zfs hold keep "$POOL/a@1"
run "rm -r a/etc; truncate -s 100 a/r; echo n > a/b/f2"
zfs snapshot -r "$POOL/a@2"
run "rm a/t1; echo y > a/q"
zfs snapshot -r "$POOL/a@3"
printf 12345678 | zfs create -o encryption=on -o keyformat=passphrase "$POOL/enc"
run "cp -r /etc enc/e"; zfs snapshot "$POOL/enc@1"; run "echo k > enc/k"; zfs snapshot "$POOL/enc@2"
zfs clone "$POOL/a@1" "$POOL/red"; run "rm red/z"; zfs snapshot "$POOL/red@1"
zfs redact "$POOL/a@1" book "$POOL/red@1"
zfs send "$POOL/a@1" | head -c 600000 | zfs receive -s "$POOL/cut" 2> /dev/null || :
`

/** What becomes of a stream: the exit status, and how much was written. */
const verify = (stream: Buffer): readonly [status: number, bytes: number] => {
  let at = 0
  let written = 0
  try {
    verifyStream(
      (into) => {
        const part = stream.subarray(at, at + into.byteLength)
        into.set(part)
        at += part.byteLength
        return part.byteLength
      },
      (bytes) => {
        written += bytes.byteLength
      },
    )
    return [0, written]
  } catch (error) {
    const { exitStatus = 1 } = error as { exitStatus?: number }
    return [exitStatus, written]
  }
}

void t.test('streams of OpenZFS', { skip: NO_SSH }, async (t) => {
  const made = await testPool(1, 'zstream')
  t.teardown(() => made.close())
  const dir = t.testdir({})
  await made.must(PREPARE)
  for (const [index, [name, command]] of STREAMS.entries()) {
    await t.test(name, async (t) => {
      const file = `${dir}/${String(index)}`
      await made.must(`${command.replaceAll('$POOL', '"$POOL"')} > '${file}'`)
      const stream = readFileSync(file)
      t.ok(stream.byteLength > 2000, 'there is a stream')
      const piped = await runShell(`zstream-verify --json < '${file}' | cmp - '${file}'`)
      t.equal(piped.code, 0, piped.stderr)
      const { toname } = (JSON.parse(piped.stderr) as { streams: [{ toname: string }] }).streams[0]
      t.match(toname, made.name)
      for (let i = 0; i < 40; i += 1) {
        const at = randomInt(stream.byteLength)
        const damaged = Buffer.from(stream)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << randomInt(8))
        const [flipped, passed] = verify(damaged)
        t.equal(flipped, 3, `a bit of byte ${String(at)}`)
        t.ok(passed < stream.byteLength)
        const [cut] = verify(stream.subarray(0, at))
        t.equal(cut, 3, `cut after ${String(at)}`)
      }
    })
  }

  await t.test('zfs receive agrees', async (t) => {
    const stream = readFileSync(`${dir}/0`)
    const whole = await made.must(
      `zstream-verify < '${dir}/0' | zfs receive "$POOL/whole" && zfs list -H -o guid "$POOL/whole@1" "$POOL/a@1" | uniq | wc -l`,
    )
    t.equal(whole.trim(), '1', 'the same guid')
    const damaged = Buffer.from(stream)
    const at = stream.byteLength - 2000
    damaged[at] = (damaged[at] ?? 0) ^ 1
    const { code, stdout } = await runBinary('zstream-verify', [], {
      stdin: damaged,
    })
    t.equal(code, 3)
    t.ok(stdout.byteLength < stream.byteLength)
  })
})
