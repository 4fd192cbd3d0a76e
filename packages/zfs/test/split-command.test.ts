import { execFileSync } from 'node:child_process'
import t from 'tap'
import { splitCommand } from '../src/split-command.js'

const words = (text: string): readonly string[] => {
  const { file, args } = splitCommand(text)
  return [file, ...args]
}

void t.test('words, as a shell has them', (t) => {
  for (const text of [
    'true',
    '  sync\t-f   /tank ',
    `mysql -e "flush tables; select 'a'" x`,
    `a'b c'd"e f"g`,
    `a "" ''`,
    String.raw`a\ b c\\d \'e\" \;`,
    String.raw`a "b \"c\" \\ d"`,
    `sh -c 'echo $HOME | cat > "x"'`,
    'x "a\nb"',
    'a #b',
  ]) {
    const seen = execFileSync('bash', [
      '-c',
      `f() { printf '%s\\0' "$@"; }; f ${text.replace(' #', ' \\#')}`,
    ])
    t.strictSame(words(text), String(seen).split('\0').slice(0, -1), text)
  }
  t.strictSame(
    words(String.raw`mysql -e "\! sleep \$\$"`),
    ['mysql', '-e', String.raw`\! sleep \$\$`],
    'in double quotes, as shlex has it',
  )
  t.end()
})

void t.test('what is refused', (t) => {
  for (const [text, message] of [
    ['', /it names no program$/],
    ['   ', /it names no program$/],
    ["''", /it names no program$/],
    ['a "b', /unterminated quote or backslash$/],
    ["a 'b", /unterminated quote or backslash$/],
    ['a\\', /unterminated quote or backslash$/],
    ['a | b', /'\|' is shell syntax$/],
    ['a > /dev/null', /'>' is shell syntax/],
    ['a 2>&1', /'>' is shell syntax/],
    ['a; b', /';' is shell syntax/],
    ['a &', /'&' is shell syntax/],
    ['a $HOME/x', /'\$H' is shell syntax/],
    ['a $(b)', /'\$\(' is shell syntax/],
    ['a `b`', /'`' is shell syntax/],
  ] as const) {
    t.throws(
      () => splitCommand(text),
      {
        code: 'usage',
        message,
        hint: /sh -c '\.\.\.'/,
      },
      text,
    )
  }
  t.end()
})
