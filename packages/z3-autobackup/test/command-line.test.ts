import { runBinary } from '@z3/fixtures'
import t from 'tap'

const T = 'backup/server1'

void t.test('a wrong command line: 255, before zfs is asked', async (t) => {
  const cases: readonly (readonly [
    args: readonly string[],
    message: string | RegExp,
  ])[] = [
    [[], 'too few arguments'],
    [['a', T, 'more'], "unexpected argument 'more'"],
    [['a', '/backup'], "target '/backup' begins with '/'"],
    [['a', 'backup/@x'], 'invalid dataset name "backup/@x"'],
    [['a', T, '--target', T], `target '${T}' is given twice`],
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
    [['a', '--destroy-missing', '30'], /^z3-autobackup: --destroy-missing /],
    [['a', '--min-change', 'much'], /^z3-autobackup: --min-change: .*much/],
    [
      ['a', '--exclude-unchanged', 'x'],
      /^z3-autobackup: --exclude-unchanged: /,
    ],
    [['a', '--strip-path', '-1'], '--strip-path'],
    [['a', '--strip-path', 'x'], "--strip-path: 'x' is not a number of parts"],
    [['a', '--exclude-snapshot-pattern', '('], /'\(' is no regular expression/],
    [['a', '--set-properties', 'canmount'], 'needs property=value'],
    [
      ['a', '--set-properties', 'canmount=off', '--clear-mountpoint'],
      "property 'canmount' is named twice",
    ],
    [
      ['a', '--filter-properties', 'refreservation', '--clear-refreservation'],
      "property 'refreservation' is named twice",
    ],
    [['a', '--set-snapshot-properties', 'x'], "'x' is not PROPERTY=VALUE"],
    [['a', '--compress', 'zip'], "--compress: there is no 'zip'"],
    [['a', '--compress', 'toString'], "--compress: there is no 'toString'"],
    [['a', '--rate', '0'], '--rate 0 would send nothing'],
    [['a', '--buffer', '600k'], 'wants 5 blocks of 128k'],
    [
      ['a', '--rate', '1M', '--buffer-chunk-size', '4M'],
      '--buffer: 16384k is too little for mbuffer',
    ],
    [['a', '--tag', ''], 'a tag, or what is before it, is empty'],
    [['a', '--tag', 'a b/c'], '"a-'],
    [['a', '--buffer', 'x'], /^z3-autobackup: --buffer: /],
    [['a', '--send-pipe', "sed 's"], /sed 's/],
    [['a', '--keep-common', 'all'], "--keep-common: 'all' is none of 'hold', "],
    [['a', '--raw', '--decrypt'], '--raw and --decrypt exclude each other'],
    [['a', '--no-holds', '--keep-common', 'hold'], 'exclude each other'],
    [['a', '--verbos'], 'unknown option --verbos'],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runBinary('z3-autobackup', args, {
      // there is no zfs
      env: { PATH: '/nonexistent' },
    })
    t.equal(code, 255, `${args.join(' ')}: ${stderr}`)
    t.match(stderr, message)
    t.match(stderr, /^z3-autobackup: .*\nhint: .*\.\n$/)
    t.equal(String(stdout), '')
  }
})

void t.test('no zfs: 255', async (t) => {
  const { code, stderr } = await runBinary('z3-autobackup', ['a'], {
    env: { PATH: '/nonexistent' },
  })
  t.equal(code, 255)
  t.match(stderr, /there is no 'zfs' command here\nhint: /)
})

void t.test('-d is --debug, also among others', async (t) => {
  for (const option of ['-d', '-vd']) {
    const { code, stderr } = await runBinary('z3-autobackup', ['a', option], {
      env: { PATH: '/nonexistent' },
    })
    t.equal(code, 255)
    t.match(stderr, /there is no 'zfs' command here\n.*\n *at /s)
  }
})

void t.test('help and version: 0', async (t) => {
  for (const option of ['--help', '--version']) {
    const { code, stderr } = await runBinary('z3-autobackup', [option])
    t.equal(code, 0)
    t.equal(stderr, '')
  }
})
