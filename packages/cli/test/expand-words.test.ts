import t from 'tap'
import { expandWords } from '../src/arguments/expand-words.js'

const options = {
  'chunk-size': { type: 'string', alias: 's' },
  'commit-fd': { type: 'string' },
  compressor: { type: 'string' },
  metadata: { type: 'string', alias: ['meta', 'm'] },
  'dry-run': { type: 'boolean', alias: 'n' },
  verbose: { type: 'boolean', alias: 'v' },
  max: { type: 'string' },
  'max-age': { type: 'string' },
} as const

void t.test('words as argparse reads them', (t) => {
  for (const [typed, read] of [
    ['-s5M', '-s=5M'],
    ['-s=5M', '-s=5M'],
    ['-s 5M', '-s 5M'],
    ['-ms=5M', '-m=s=5M'],
    ['-nvs5M', '-nvs=5M'],
    ['-nv', '-nv'],
    ['-nvs', '-nvs'],
    ['-x5', '-x5'],
    ['-nx', '-nx'],
    ['-5', '-5'],
    ['-', '-'],
    ['--dry', '--dry-run'],
    ['--d', '--dry-run'],
    ['--comp gzip', '--compressor gzip'],
    ['--comp=a=b', '--compressor=a=b'],
    ['--met a=b', '--metadata a=b'],
    ['--meta a=b', '--meta a=b'],
    // a name in full is no abbreviation of a longer one
    ['--max 5', '--max 5'],
    ['--max=5', '--max=5'],
    ['--max-', '--max-age'],
    ['--other --dry-run=', '--other --dry-run='],
    ['KEY --dry -- prog --dry -s5M', 'KEY --dry-run -- prog --dry -s5M'],
  ] as const) {
    t.strictSame(expandWords(typed.split(' '), options), read.split(' '), typed)
  }
  t.strictSame(expandWords(['--comp=a\nb'], options), ['--compressor=a\nb'])
  t.end()
})

void t.test('an abbreviation of several options', (t) => {
  for (const [word, names] of [
    ['--com', '--commit-fd, --compressor'],
    ['--c=1', '--chunk-size, --commit-fd, --compressor'],
    ['--m', '--metadata, --meta, --max, --max-age'],
  ] as const) {
    t.throws(() => expandWords([word], options), {
      code: 'usage',
      message: `ambiguous option ${String(word.split('=')[0])} (could be ${names})`,
    })
  }
  t.strictSame(
    expandWords(['--com', '--dry'], options, (word) => word),
    ['--com', '--dry-run'],
  )
  t.end()
})
