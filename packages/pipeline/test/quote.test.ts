import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { quote, renderCommand, renderPipeline } from '../src/index.js'

void t.test('words as people write them', (t) => {
  t.equal(quote('tank/a@d-1'), 'tank/a@d-1')
  t.equal(quote('--meta'), '--meta')
  t.equal(quote('size=1,5%'), 'size=1,5%')
  t.equal(quote(''), "''")
  t.equal(quote('tank/a b@c'), "'tank/a b@c'")
  t.equal(quote("it's"), "'it'\\''s'")
  t.equal(quote('$HOME'), "'$HOME'")
  t.equal(quote('~'), "'~'")
  t.equal(quote('a\n'), "'a\n'")
  t.equal(quote('é'), "'é'")
  t.end()
})

void t.test('a pipeline', (t) => {
  t.equal(
    renderPipeline([
      { file: 'zfs', args: ['send', 'tank/a b@c'] },
      { file: 'pigz', args: ['-1', '--blocksize', '4096'] },
      { file: 'pput', args: ['--quiet', 'z3-backup/tank/a b@c'] },
    ]),
    "zfs send 'tank/a b@c' | pigz -1 --blocksize 4096 | pput --quiet 'z3-backup/tank/a b@c'",
  )
  t.end()
})

/** What a shell makes of words that are written as bytes. */
const read = (t: Test, shell: string, words: readonly string[]): string[] => {
  const command = renderCommand({ file: 'printf', args: ['%s\\0', ...words] })
  const { stdout, stderr, status } = spawnSync(shell, {
    input: Buffer.from(command, 'latin1'),
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    maxBuffer: 1e8,
  })
  t.equal(status, 0, String(stderr))
  return stdout.toString('latin1').split('\0').slice(0, -1)
}

/** A word of any bytes but NUL, one a character. */
const anyWord = (length: number): string =>
  randomBytes(length).toString('latin1').replaceAll('\0', '')

/** A word of what shells find special. */
const specialWord = (length: number): string => {
  const characters = ' \t\n\r\'"\\$`!*?[]{}()<>|&;#~=%^-a1\x7f\x01'
  return Array.from(randomBytes(length), (byte) => characters[byte % characters.length] ?? '').join(
    '',
  )
}

for (const shell of ['bash', 'sh']) {
  void t.test(`${shell} reads the same words`, (t) => {
    const words = Array.from({ length: 3000 }, (_, index) =>
      index % 2 ? anyWord(index % 60) : specialWord(index % 30),
    )
    const got = read(t, shell, words)
    t.equal(got.length, words.length)
    const wrong = words.filter((word, index) => word !== got[index])
    t.same(wrong, [])
    t.end()
  })
}

void t.test('a command within a command', (t) => {
  const inner = renderPipeline([
    { file: 'printf', args: ['%s', "it's $HOME\n"] },
    { file: 'cat', args: [] },
  ])
  const outer = renderCommand({ file: 'bash', args: ['-c', inner] })
  const { stdout } = spawnSync('bash', ['-c', outer])
  t.equal(String(stdout), "it's $HOME\n")
  t.end()
})

void t.test('a program whose name means something to a shell', (t) => {
  for (const file of ['a=b', 'if', '[[x']) {
    const line = renderCommand({ file, args: ['x'] })
    const { stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    t.match(stderr, `${file}: command not found`, line)
  }
  t.equal(renderCommand({ file: 'time', args: ['time'] }), "'time' time")
  t.end()
})
