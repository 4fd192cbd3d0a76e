import { runInside } from '@z3/fixtures'
import type { Arguments } from '@z3/cli'
import t from 'tap'
import { main } from '../src/main.js'
import type { Options } from '../src/options/command-line.js'
import { laterWins } from '../src/options/later-wins.js'

const T = 'backup/server1'

void t.test('a wrong command line: 255, before zfs is asked', async (t) => {
  const cases: readonly (readonly [args: readonly string[], message: string | RegExp])[] = [
    [[], 'too few arguments'],
    [['a', T, '/more'], "target '/more' begins with '/'"],
    [['a', T, T], `target '${T}' is specified twice`],
    [['a', 's3://'], "target 's3://' is not s3://BUCKET"],
    [['a', 's3://ab/p', '--target', 's3://ab/p/'], "target 's3://ab/p/' is specified twice"],
    [['a', 's3://ab', '--strip-path', '1'], '--strip-path does not apply to a bucket (s3://ab)'],
    [['a', 's3://ab', '--rollback'], '--rollback does not apply to a bucket'],
    [['a', 's3://ab', '-F'], '--force does not apply to a bucket'],
    [
      ['a', 'file:///x', '--destroy-incompatible'],
      '--destroy-incompatible does not apply to a bucket',
    ],
    [['a', 's3://ab', '--ssh-target', 'nas'], '--ssh-target does not apply to a bucket'],
    [['a', 's3://ab', '--encrypt'], '--encrypt does not apply to a bucket'],
    [['a', 's3://ab', '--destroy-missing', '30d'], '--destroy-missing does not apply to a bucket'],
    [['a', '/backup'], "target '/backup' begins with '/'"],
    [['a', 'backup/@x'], 'invalid dataset name "backup/@x"'],
    [['a', T, '--target', T], `target '${T}' is specified twice`],
    [['a', '--ssh-target', 'nas'], '--ssh-target without a target'],
    [['a', '--ssh-source=-oProxyCommand=x'], /-oProxyCommand=x/],
    [['a', '--target', 'n a s:b/c'], /n a s/],
    [['a/b'], /a\/b/],
    [[''], /name of the backup is empty/],
    [['a', '--snapshot-format', 'fixed'], /fixed/],
    [['a', '--snapshot-format', '{}-%Y/%m'], "it has a '/'"],
    [['a', '--property-format', 'nocolon'], /nocolon/],
    [['a', '--keep-source', '1d'], /^z3-autobackup: --keep-source .*1d/],
    [['a', '--keep-target', '1w1d'], /^z3-autobackup: --keep-target .*1w1d/],
    [['a', '--keep-source', '-1'], /keep-source/],
    [['a', T, '--unlocked'], '--unlocked applies only to a bucket'],
    [['a', '--respect-minimum'], '--respect-minimum applies only to a bucket'],
    [['a', '--destroy-missing', '30'], /^z3-autobackup: --destroy-missing /],
    [['a', '--min-change', 'much'], /^z3-autobackup: --min-change: .*much/],
    [['a', '--exclude-unchanged', 'x'], /^z3-autobackup: --exclude-unchanged: /],
    [['a', '--strip-path', '-1'], '--strip-path'],
    [['a', '--strip-path', 'x'], "--strip-path: 'x' is not a number of path components"],
    [['a', '--exclude-snapshot-pattern', '('], /'\(' is not a valid regular expression/],
    [['a', '--set-properties', 'canmount'], 'needs property=value'],
    [
      ['a', '--set-properties', 'canmount=off', '--clear-mountpoint'],
      "property 'canmount' is specified twice",
    ],
    [
      ['a', '--filter-properties', 'refreservation', '--clear-refreservation'],
      "property 'refreservation' is specified twice",
    ],
    [['a', '--set-snapshot-properties', 'x'], "'x' is not PROPERTY=VALUE"],
    [['a', '--compress', 'zip'], "--compress: unknown compressor 'zip'"],
    [['a', '--compress', 'toString'], "--compress: unknown compressor 'toString'"],
    [['a', '--rate', '0'], '--rate 0 would send nothing'],
    [['a', '--buffer', '600k'], 'needs at least 5 blocks of 128k'],
    [
      ['a', '--rate', '1M', '--buffer-chunk-size', '4M'],
      '--buffer: 16384k is too small: mbuffer needs',
    ],
    [['a', '--tag', ''], 'a tag needs a non-empty name and separator'],
    [['a', '--tag', 'a b/c'], '"a-'],
    [['a', '--buffer', 'x'], /^z3-autobackup: --buffer: /],
    [['a', '--send-pipe', "sed 's"], /sed 's/],
    [['a', '--keep-common', 'all'], "--keep-common: 'all' is not one of 'hold', "],
    [['a', '--rate', '1.5X'], "--rate: invalid size '1.5X'"],
    [['a', '--rate', '10%'], "--rate: invalid size '10%'"],
    [['a', '--buffer', '0%'], '--buffer: 0% is out of range'],
    [['a', '--buffer', '90%'], '--buffer: 90% is out of range'],
    [['a', '--verbosity'], 'unknown option --verbosity'],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runInside(main, args, {
      // there is no zfs
      env: { PATH: '/nonexistent' },
    })
    t.equal(code, 255, `${args.join(' ')}: ${stderr}`)
    t.match(stderr, message)
    t.match(stderr, /^z3-autobackup: .*\nhint: .*\.\n$/)
    t.equal(String(stdout), '')
  }
})

void t.test('what zfs-autobackup takes is taken: the later wins', async (t) => {
  const cases: readonly (readonly [args: readonly string[], note: string | undefined])[] = [
    [['--allow-empty', '--no-snapshot'], undefined],
    [['--resume'], undefined],
    [['--progress', '--no-progress'], undefined],
    [['--no-bookmarks'], undefined],
    [['--rate', '1.5M', '--buffer', '10%'], undefined],
    [['--no-bookmarks', '--no-holds'], undefined],
    [['-v', '-v', '--keep-source', '1', '--keep-source', '2'], undefined],
    [['--raw', '--decrypt'], '--decrypt overrides the earlier --raw'],
    [['--decrypt', '--raw'], '--raw overrides the earlier --decrypt'],
    // abbreviated, too
    [['--dec', '--raw'], '--raw overrides the earlier --decrypt'],
    [
      ['--exclude-received', '--include-received'],
      '--include-received overrides the earlier --exclude-received',
    ],
    [
      ['--exclude-unchanged', '5', '--ignore-replicated'],
      '--ignore-replicated overrides the earlier --exclude-unchanged',
    ],
    [
      ['--ignore-replicated', '--exclude-unchanged=5'],
      '--exclude-unchanged overrides the earlier --ignore-replicated',
    ],
    [
      ['--keep-common', 'bookmark', '--no-bookmarks'],
      '--no-bookmarks overrides the earlier --keep-common',
    ],
    [['--no-holds', '--keep-common', 'hold'], '--keep-common overrides the earlier --no-holds'],
  ]
  for (const [words, note] of cases) {
    const { code, stderr } = await runInside(main, ['a', T, ...words], {
      env: { PATH: '/nonexistent' },
    })
    t.equal(code, 255)
    // nothing but that there is no zfs
    const [first, ...others] = stderr.trimEnd().split('\n')
    if (note !== undefined) t.equal(first, `  NOTE: ${note}`)
    else others.unshift(String(first))
    t.match(others.join('\n'), /^z3-autobackup: command not found: 'zfs'/)
  }
})

void t.test('the later wins', (t) => {
  const read = (...words: readonly string[]) => {
    const [name, value] = [words.at(-2) ?? '', words.at(-1)]
    const all = Object.fromEntries(
      words
        .filter((word) => word.startsWith('--'))
        .map((word) => [
          word.slice(2),
          word === name && value?.startsWith('--') === false ? value : true,
        ]),
    )
    const given = { ...all, operands: ['a'], command: undefined }
    return laterWins(given as unknown as Arguments<Options>, words).args
  }
  t.match(read('--raw', '--decrypt'), { raw: undefined, decrypt: true })
  t.match(read('--decrypt', '--raw'), { raw: true, decrypt: undefined })
  // as often as they come
  t.match(read('--raw', '--decrypt', '--raw'), { decrypt: undefined })
  t.match(read('--progress', '--no-progress'), { progress: undefined })
  t.match(read('--no-holds', '--keep-common', 'hold'), {
    'no-holds': undefined,
    'keep-common': 'hold',
  })
  t.end()
})

void t.test('no zfs: 255', async (t) => {
  const { code, stderr } = await runInside(main, ['a'], {
    env: { PATH: '/nonexistent' },
  })
  t.equal(code, 255)
  t.match(stderr, /command not found: 'zfs'\nhint: /)
})

void t.test('-d is --debug, also among others', async (t) => {
  for (const option of ['-d', '-vd']) {
    const { code, stderr } = await runInside(main, ['a', option], {
      env: { PATH: '/nonexistent' },
    })
    t.equal(code, 255)
    t.match(stderr, /command not found: 'zfs'\n.*\n *at /s)
  }
})

void t.test('help and version: 0', async (t) => {
  for (const option of ['--help', '--version']) {
    const { code, stderr } = await runInside(main, [option])
    t.equal(code, 0)
    t.equal(stderr, '')
  }
})
