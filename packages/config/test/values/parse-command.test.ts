import t from 'tap'
import { formatCommand, parseCommand } from '../../src/values/parse-command.js'
import { checkValue } from '../../src/values/value-types.js'

const good: readonly [string | readonly string[], ...string[]][] = [
  ['zstd -19 --long=27', 'zstd', '-19', '--long=27'],
  ['  lz4   -c  ', 'lz4', '-c'],
  [`/opt/a "b  c" 'd e'`, '/opt/a', 'b  c', 'd e'],
  [`x ''`, 'x', ''],
  [`x -k'a b'"c d"e`, 'x', '-ka bc de'],
  [`x 'it"s' "it's"`, 'x', 'it"s', "it's"],
  [`x '| > ; $ \\ \` *' "a | > ; * ~"`, 'x', '| > ; $ \\ ` *', 'a | > ; * ~'],
  ['xz -T 0 -e%@+,.:!', 'xz', '-T', '0', '-e%@+,.:!'],
  [['x y', '', '$a | "b'], 'x y', '', '$a | "b'],
]
for (const [text, file, ...args] of good) {
  const command = parseCommand(text)
  t.same(command, { file, args }, JSON.stringify(text))
  t.same(parseCommand(formatCommand(command)), command, `${formatCommand(command)} is the same`)
}

t.equal(
  formatCommand({ file: 'x', args: ['--a=b', 'c d', "it's", '', '~'] }),
  `x --a=b 'c d' 'it'"'"'s' '' '~'`,
)

const toShell = (character: string) =>
  `${character} is shell syntax, and no shell runs the command (allowed: ${character} in single quotes, or a script)`
const bad: readonly [string | readonly string[], string][] = [
  ['', 'empty value (omit the setting to leave it unset)'],
  ['x\u0007', 'the value contains a line break, a tab or another control character'],
  [['x', 'a\nb'], 'the value contains a line break, a tab or another control character'],
  ['  ', 'it names no program'],
  [`'' x`, 'it names no program'],
  [[], 'it names no program'],
  [`x "a b`, 'unclosed quote "'],
  [`x 'a "b"`, "unclosed quote '"],
  [`x "a $b`, 'unclosed quote "'],
  ['x "a $HOME b"', toShell('$')],
  ['x "a \\" b"', toShell('\\')],
  ['x "`y`"', toShell('`')],
  [
    'A=b x',
    'it starts with a variable (allowed: a program; to set variables: env NAME=value PROGRAM)',
  ],
  ['../x', "'../x' is a relative path (allowed: an absolute path, or a name to search in PATH)"],
  ...Array.from('|&;<>()$`\\*?[]{}~#', (character): [string, string] => [
    `x a ${character} b`,
    toShell(character),
  ]),
]
for (const [text, message] of bad) {
  t.same(checkValue({ type: 'command' }, text), { what: message }, JSON.stringify(text))
}
