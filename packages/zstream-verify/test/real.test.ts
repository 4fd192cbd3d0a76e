import { readFile } from 'node:fs/promises'
import { NO_ZFS, randomBelow, runBinary, runShell, testPool, testSeed } from '@z3/fixtures'
import { verifyStream } from '@z3/zstream'
import t from 'tap'
import { cuts, damaged, flips } from './real/damage.js'
import { receiveEach } from './real/receive.js'
import { PREPARE, STREAMS } from './real/streams.js'

/** Damages of each kind that the parser sees, the binary, and `zfs receive`. */
const PARSED = 200
const RUN = 1
const RECEIVED = Number(process.env['Z3_TEST_RECEIVED'] ?? 2)

/** Bytes of a record's header. */
const RECORD = 312

/** What becomes of a stream: the exit status, and how much was written. */
const verify = (stream: Buffer): { readonly status: number; readonly written: number } => {
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
    return { status: 0, written }
  } catch (error) {
    const { exitStatus = 1 } = error as { exitStatus?: number }
    return { status: exitStatus, written }
  }
}

interface Summary {
  readonly package: boolean
  readonly streams: readonly {
    readonly toname: string
    readonly featureflags: readonly string[]
    readonly records: Readonly<Record<string, number>>
  }[]
}

void t.test('streams of OpenZFS', { skip: NO_ZFS }, async (t) => {
  const made = await testPool('zstream')
  t.teardown(() => made.close())
  const dir = t.testdir({})
  const inHost = (script: string, env = {}) =>
    made.must('"$RUN" sh -c "POOL=$POOL; set -e; cd /$POOL; $SCRIPT" < /dev/null', {
      SCRIPT: script,
      ...env,
    })
  await inHost(PREPARE)
  const seed = testSeed()
  t.comment(`Z3_TEST_SEED=${String(seed)}`)
  for (const [index, real] of STREAMS.entries()) {
    await t.test(real.name, async (t) => {
      const inside = `/${made.name}/streams/${String(index)}`
      const file = `${dir}/${String(index)}`
      await inHost(`${real.command} > ${inside}`)
      await made.must('"$RUN" cat "$INSIDE" > "$FILE"', { INSIDE: inside, FILE: file })
      const piped = await runShell(`zstream-verify --json < '${file}' | cmp - '${file}'`)
      t.equal(piped.code, 0, piped.stderr)
      const summary = JSON.parse(piped.stderr) as Summary
      const [first] = summary.streams
      t.match(first?.toname, made.name)
      t.equal(summary.package, real.isPackage ?? false)
      for (const feature of real.features ?? [])
        t.ok(first?.featureflags.includes(feature), feature)
      for (const kind of real.records ?? []) t.ok(first?.records[kind], kind)

      const stream = await readFile(file)
      const size = stream.byteLength
      t.ok(size > 2000, `${String(size)} bytes`)
      // the list of a package lies behind its BEGIN; its length stands behind the kind
      const headEnd = RECORD + stream.readUInt32LE(4)
      const below = randomBelow(seed + index)
      const damages = [flips(below, size, PARSED), cuts(below, size, PARSED)]
      for (const damage of damages.flat()) {
        const { status, written } = damaged(stream, damage, verify)
        if (status !== 3 || written >= size) t.fail('passed on', { damage, status, written })
      }
      for (const damage of damages.flatMap((some) => some.slice(0, RUN))) {
        const stdin = damaged(stream, damage, (bytes) => Buffer.from(bytes))
        const { code, stdout, stderr } = await runBinary('zstream-verify', [], { stdin })
        t.equal(code, 3, stderr)
        t.ok(stdout.byteLength < size)
      }
      const [whole, ...received] = await receiveEach(made, real, inside, [
        'none',
        ...damages.flatMap((some) => some.slice(0, RECEIVED)),
      ])
      t.match(whole, { status: 0, changed: true }, 'undamaged, it is received')
      for (const { damage, status, message } of received) {
        // of the two ENDs of a package itself, libzfs compares the checksum at most
        const isUnchecked =
          real.isPackage === true &&
          damage !== 'none' &&
          damage.kind === 'flip' &&
          (damage.at >= size - RECORD || (damage.at >= headEnd && damage.at < headEnd + RECORD))
        if (status === 0 && !isUnchecked) t.fail('zfs receive took it', { damage, message })
      }
      t.equal(received.length, 2 * RECEIVED)
    })
  }
})
