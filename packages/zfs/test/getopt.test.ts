import { execFileSync } from 'node:child_process'
import t from 'tap'
import { getopt } from '../src/getopt.js'

const takesValue = (letter: string) => letter === 'o'

/** The same words through the getopts of a shell, which ends at the first operand, too. */
function byShell(words: readonly string[]): string[] {
  const script =
    'while getopts :o:abc x; do printf "%s\\0%s\\0" "$x" "${OPTARG-}"; done; shift $((OPTIND-1)); printf "rest\\0"; printf "%s\\0" "$@"'
  return String(execFileSync('bash', ['-c', script, 'getopts', ...words]))
    .split('\0')
    .slice(0, -1)
}

for (const words of [
  ['-ab', '-o', 'x', 'tank'],
  ['-abox', 'tank', '-c'],
  ['-o', '-a', '-', '-b'],
  ['-ao', '--', '-b', 'tank/a b'],
  ['tank', '-a'],
]) {
  const { given, rest } = getopt(words, takesValue)
  t.strictSame(
    [...given.flatMap(({ letter, value = '' }) => [letter, value]), 'rest', ...rest],
    byShell(words),
    words.join(' '),
  )
}
for (const words of [['--', '-a'], ['--long'], ['-'], [''], []]) {
  t.strictSame(getopt(words, takesValue), { given: [], rest: words }, 'no option at all')
}
t.strictSame(
  getopt(['-a-b'], takesValue).given.map(({ letter }) => letter),
  ['a', '-', 'b'],
  'a dash inside of a bundle is a letter, which no table allows',
)
t.strictSame(getopt(['-ao'], takesValue).given.at(-1), { letter: 'o', value: undefined })
