import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fakeBucket, runShell, startOnSocket } from '@z3/fixtures'
import t from 'tap'
import { PROGRAMS } from './programs.js'

const packages = fileURLToPath(new URL('../..', import.meta.url))

/** As it is installed: npm links to this file. */
const program = (name: string) => `${packages}${name}/bin/${name}.js`

/** A ZFS send stream of a snapshot without anything in it: BEGIN, and END with its Fletcher-4. */
const emptyStream = (): Buffer => {
  const [begin, end] = [Buffer.alloc(312), Buffer.alloc(312)]
  begin.writeBigUInt64LE(0x2_f5ba_cbacn, 8)
  begin.writeBigUInt64LE(1n, 16)
  begin.writeBigUInt64LE(7n, 40)
  let [a, b, c, d] = [0n, 0n, 0n, 0n]
  for (let at = 0; at < begin.length; at += 4) {
    a += BigInt(begin.readUInt32LE(at))
    b += a
    c += b
    d += c
  }
  end.writeUInt32LE(5)
  for (const [index, sum] of [a, b, c, d].entries()) end.writeBigUInt64LE(sum, 8 + 8 * index)
  end.writeBigUInt64LE(7n, 40)
  return Buffer.concat([begin, end])
}

const STREAM = `${t.testdir({})}/stream`
writeFileSync(STREAM, emptyStream())

/** Whatever a program writes: its name, its arguments, and what it reads. */
const WRITES: readonly (readonly [string, string, string?])[] = [
  ...PROGRAMS.map((name) => [name, '--help'] as const),
  ['z3', 'config'],
  ['z3-get', 'k'],
  ['z3-get', '--metadata k'],
  ['z3-thin', '0', `printf '5\\ta\\n'`],
  ['z3-thin', '--explain 0', `printf '5\\ta\\n'`],
  ['z3-check', STREAM],
  ['zstream-verify', '', `cat '${STREAM}'`],
  ['zstream-verify', '--check --json', `cat '${STREAM}'`],
  ['pput', 'new', 'echo x'],
]

/** Only pput says a word. */
const SUCCESS = /^(starting upload .*\n)?$/

const OUTPUTS = [
  ['closed', '>&-', 1, /^[\w-]+: .*standard output is closed\nhint: [A-Z]/m],
  ['closed, and so is stderr', '>&- 2>&-', 1, /^$/],
  ['full', '> /dev/full', 1, /^[\w-]+: no space left for the (results|output)\nhint: [A-Z]/m],
  ['/dev/null', '> /dev/null', 0, SUCCESS],
  ["/dev/null, as Python's DEVNULL is", '1<> /dev/null', 0, SUCCESS],
] as const

void t.test('outputs', async (t) => {
  const cases = OUTPUTS.filter(([, to]) => existsSync('/dev/full') || !to.includes('/dev/full'))
    .flatMap((output) => WRITES.map((write) => ({ output, write })))
    .values()
  const work = async () => {
    for (const { output, write } of cases) {
      const [what, redirection, status, message] = output
      const [name, args, input = 'true'] = write
      const bucket = await fakeBucket()
      bucket.fake.put('k', 'what is stored')
      const script = `set -o pipefail; ${input} | '${program(name)}' ${args} ${redirection}`
      const { code, stderr } = await runShell(script, { env: bucket.env })
      await bucket.close()
      const line = `${name} ${args}: ${what}`
      t.equal(code, status, `${line}: ${stderr}`)
      t.match(stderr, message, line)
    }
  }
  await Promise.all([work(), work()])
})

void t.test('nothing is lost where nothing is written', async (t) => {
  for (const [name, args, input] of [
    ['z3-thin', '0', 'true'],
    ['zstream-verify', '--check', `cat '${STREAM}'`],
  ] as const) {
    const { code, stderr } = await runShell(`${input} | '${program(name)}' ${args} >&-`)
    t.equal(code, 0, stderr)
  }
})

void t.test('a missing key has its own status with a closed output', async (t) => {
  const bucket = await fakeBucket()
  const { code } = await runShell(`'${program('z3-get')}' missing >&-`, { env: bucket.env })
  await bucket.close()
  t.equal(code, 4)
})

void t.test('a TCP connection as standard input that is reset', async (t) => {
  const stream = emptyStream()
  for (const [name, args, sent] of [
    ['z3-thin', ['0'], '5\ta\n6\tb\n'],
    ['z3-thin', ['0'], ''],
    ['zstream-verify', ['--check'], stream],
    ['zstream-verify', ['--check'], stream.subarray(0, 400)],
    ['zstream-verify', ['--check'], ''],
  ] as const) {
    const { run } = await startOnSocket(name, args, {}, (peer) => {
      peer.write(sent)
      peer.resetAndDestroy()
    })
    const { code, stdout, stderr } = await run.ended
    t.equal(code, 1, `${name}: ${stderr}`)
    t.match(stderr, /ECONNRESET/)
    t.equal(String(stdout), '', 'nothing is printed')
  }
})

void t.test('a TCP connection as standard input that ends', async (t) => {
  const { peer, run } = await startOnSocket('z3-thin', ['0'])
  peer.end('5\ta\n6\tb\n')
  const { code, stdout, stderr } = await run.ended
  t.equal(code, 0, stderr)
  t.equal(String(stdout), 'a\nb\n')
})
