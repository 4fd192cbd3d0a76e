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
    ['a "b', /has no end$/],
    ["a 'b", /has no end$/],
    ['a\\', /has no end$/],
    ['a | b', /'\|' means something to a shell alone$/],
    ['a > /dev/null', /'>' means/],
    ['a 2>&1', /'>' means/],
    ['a; b', /';' means/],
    ['a &', /'&' means/],
    ['a $HOME/x', /'\$H' means/],
    ['a $(b)', /'\$\(' means/],
    ['a `b`', /'`' means/],
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
