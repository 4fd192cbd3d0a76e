import { execFileSync } from 'node:child_process'
import t from 'tap'
import { NotAllowed, type Mode } from '../../src/serve/policy.js'
import { parseWords } from '../../src/serve/grammar.js'
import { ALLOWED, judge } from './setup.js'

/** The same numbers in every run (mulberry32). */
const random = (seed: number) => (below: number) => {
  seed = (seed + 0x6d2b79f5) | 0
  let x = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
  return ((x ^ (x >>> 14)) >>> 0) % below
}

const PIECES = [
  ...Array.from(' |\'"\\$`;&<>(){}*?[]~#!@%=:,./-_^\n\t\0aAF0é'),
  ...[' -', ' --', ' -F', ' -R', ' -d', ' -o', ' -x', ' -n', ' -r', ' -A'],
  ...[' | ', ' | sh', '; sh', ' tank', ' tank/other', ' tank/backup2'],
  ...['/..', '/../other', ' /etc/passwd', '@s', '#s', '%recv', "'\\''", "''"],
  ...[' -o mountpoint=/etc', ' -omountpoint=/etc', 'env ', 'sudo -n ', ' | zstd'],
  ...['LD_PRELOAD=/x ', ' destroy', ' set', ' all', ' -', ' ', 'zfs '],
]

/** Change a text in one to three places. */
const mutate = (text: string, pick: (below: number) => number): string => {
  let result = text
  for (let changes = 1 + pick(2); changes > 0; changes -= 1) {
    const at = pick(result.length + 1)
    const piece = PIECES[pick(PIECES.length)] ?? ''
    const words = result.split(' ')
    const one = pick(words.length)
    const other = ALLOWED[pick(ALLOWED.length)] ?? ''
    switch (pick(7)) {
      case 0:
        result = result.slice(0, at) + piece + result.slice(at)
        break
      case 1:
        result = result.slice(0, at) + result.slice(at + 1 + pick(4))
        break
      case 2:
        result = result.slice(0, at) + piece + result.slice(at + 1)
        break
      case 3: // a word twice
        result = words.toSpliced(one, 0, words[pick(words.length)] ?? '').join(' ')
        break
      case 4: // a word less
        result = words.toSpliced(one, 1).join(' ')
        break
      case 5: // a word of another
        result = words.toSpliced(one, pick(2), other.split(' ')[pick(6)] ?? '').join(' ')
        break
      default: // the end of another
        result = result.slice(0, at) + other.slice(pick(other.length))
    }
  }
  return result
}

const NAME =
  /^tank\/backup(?:\/(?!\.\.?(?:[/@#]|$))[-_.: a-zA-Z0-9]+)*(?:[@#](?!\.\.?$)[-_.: a-zA-Z0-9]+)?$/
const VALUES = /^[a-z0-9][\w:@,. -]*$/i

/** Letters of options, and those that take a value, as a second opinion. */
const SUBCOMMANDS: Readonly<Partial<Record<string, readonly [string, string]>>> = {
  list: ['Hpr', 'dtosS'],
  get: ['Hpr', 'dtos'],
  holds: ['Hpr', ''],
  diff: ['FHht', ''],
  send: ['wLecpnvPV', 'iIt'],
  receive: ['usvhAF', 'xo'],
  create: ['pu', 'o'],
  bookmark: ['', ''],
  hold: ['', ''],
  release: ['', ''],
  rollback: ['r', ''],
  destroy: ['', ''],
}
const FORBIDDEN: Readonly<Record<Mode, RegExp>> = {
  full: /^$/,
  'append-only': /^zfs (?:send|diff|rollback|destroy|release)| -F(?: |$)/,
  'read-only': /^zfs (?:receive|create|rollback|diff)/,
}

/** What is wrong with a command that is to be run, if anything. */
const objection = (words: readonly string[], mode: Mode): string | undefined => {
  const [file = '', subcommand = '', ...rest] = words
  if (file === 'id') return words.join(' ') === 'id -u' ? undefined : 'id'
  if (file !== 'zfs') {
    if (!/^(?:mbuffer|zstd|lz4|pigz|gzip)$/.test(file)) return 'program'
    return words
      .slice(1)
      .every((word) => /^(?:-[cdqnmsrRp]+|-\d+|-[Tp]\d+|--adapt|--fast|\d+[kMGmg]?)$/.test(word))
      ? undefined
      : 'filter'
  }
  if (FORBIDDEN[mode].test(words.join(' '))) return 'mode'
  const [flags, values] = SUBCOMMANDS[subcommand] ?? []
  if (flags === undefined || values === undefined) return 'subcommand'
  let names = 0
  while (rest.length > 0) {
    const word = rest.shift() ?? ''
    if (word.startsWith('-')) {
      const letter = word.slice(1)
      if (names > 0 || letter.length !== 1) return 'option'
      if (flags.includes(letter)) continue
      if (!values.includes(letter)) return 'letter'
      const value = rest.shift() ?? ''
      const fine =
        letter === 'i' || letter === 'I'
          ? NAME.test(value)
          : letter === 'o' && 'receive create'.includes(subcommand)
            ? /^[a-z0-9:-]+=[a-zA-Z0-9-]+$/.test(value) &&
              !/=(?:noexec|\/)|^(?:mountpoint|share\w+|exec|setuid|devices)=(?!none$|legacy$|off$)/.test(
                value,
              )
            : VALUES.test(value) || letter === 't'
      if (!fine) return 'value'
    } else {
      const first = names === 0
      names += 1
      if (NAME.test(word)) continue
      if (first && /^z3-sync-[0-9a-f]{8}$/.test(word)) continue
      if (first && subcommand === 'get' && VALUES.test(word)) continue
      return 'name'
    }
  }
  if (subcommand === 'destroy' && !/#z3-sync-\w{8}-\d+$/.test(words.at(-1) ?? '')) return 'destroy'
  return undefined
}

void t.test('a changed text is refused, or harmless', (t) => {
  const pick = random(20260)
  let allowed = 0
  let refused = 0
  for (let i = 0; i < 40_000; i += 1) {
    const text = mutate(ALLOWED[i % ALLOWED.length] ?? '', pick)
    const mode = (['full', 'append-only', 'read-only'] as const)[i % 3] ?? 'full'
    const verdict = judge(text, { mode })
    if (typeof verdict === 'string') {
      refused += 1
      continue
    }
    allowed += 1
    if (verdict.kind === 'find') continue
    for (const { file, args } of verdict.commands) {
      const wrong = objection([file, ...args], mode)
      if (wrong !== undefined) t.fail(`${wrong}: ${text}`)
    }
  }
  // else it would have tried nothing
  t.ok(allowed > 1_500, String(allowed))
  t.ok(refused > 20_000, String(refused))
  t.end()
})

void t.test('a shell reads the same words', (t) => {
  const pick = random(7)
  const texts: string[] = []
  const expected: string[] = []
  while (texts.length < 3_000) {
    const text = mutate(ALLOWED[pick(ALLOWED.length)] ?? '', pick)
    try {
      const [words = [], ...others] = parseWords(text)
      if (others.length > 0) continue
      texts.push(`p ${text}`)
      expected.push(`${words.join('\u0001')}\u0001`)
    } catch (error) {
      if (!(error instanceof NotAllowed)) throw error
    }
  }
  const script = `p() { printf '%s\\001' "$@"; echo; }\n${texts.join('\n')}\n`
  for (const shell of ['sh', 'bash']) {
    const output = execFileSync(shell, { input: script, encoding: 'utf8' })
    t.strictSame(output.split('\n'), [...expected, ''], shell)
  }
  t.end()
})
