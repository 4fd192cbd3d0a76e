import t from 'tap'
import { invalidOption, invalidProperty, zfsError } from '../src/zfs-error.js'

const failed = (line: string, stderr: string, code = 1) =>
  zfsError({
    args: line.split(' '),
    stderr,
    code,
    signal: null,
    user: 'backup',
  })

const pick = ({ code, message, hint }: ReturnType<typeof zfsError>) => ({
  code,
  message,
  hint,
})

/** Of OpenZFS 2.3.2 unless it says otherwise. */
const RECORDED = {
  'list tank/none': "cannot open 'tank/none': dataset does not exist\n",
  'send tank/a@none': "cannot open 'tank/a@none': dataset does not exist\n",
  'send tank/a@one': "warning: cannot send 'tank/a@one': permission denied\n",
} as const

void t.test('what is not there', (t) => {
  t.match(pick(failed('list tank/none', RECORDED['list tank/none'])), {
    code: 'no-such-dataset',
    message: "dataset 'tank/none' does not exist",
    hint: /zfs list.*imported/,
  })
  t.equal(failed('list tank/none', RECORDED['list tank/none']).exitStatus, 4)
  t.match(pick(failed('send tank/a@none', RECORDED['send tank/a@none'])), {
    code: 'no-such-snapshot',
    message: "snapshot 'tank/a@none' does not exist",
  })
  t.match(
    pick(
      failed(
        'send tank/a@none',
        // zfs-fuse 0.7
        'WARNING: could not send tank/with space@none: does not exist\n',
      ),
    ),
    {
      code: 'no-such-snapshot',
      message: "snapshot 'tank/with space@none' does not exist",
    },
  )
  t.match(
    pick(
      failed(
        'receive -u tank/no/such/a@one',
        "cannot open 'tank/no/such': dataset does not exist\n" +
          'cannot receive new filesystem stream: unable to restore to destination\n',
      ),
    ),
    {
      code: 'no-such-dataset',
      message: "dataset 'tank/no/such' does not exist",
    },
    'what a new dataset would be in',
  )
  t.match(
    pick(
      failed(
        'receive -u tank/nods@two',
        "cannot receive incremental stream: destination 'tank/nods' does not exist\n",
      ),
    ),
    { code: 'no-such-dataset', message: "dataset 'tank/nods' does not exist" },
  )
  t.match(
    pick(
      failed('rename tank/a tank/no/such', "cannot create 'tank/no/such': parent does not exist\n"),
    ),
    {
      code: 'no-such-dataset',
      message: "the parent of 'tank/no/such' does not exist",
    },
  )
  t.end()
})

void t.test('permission denied', (t) => {
  t.strictSame(pick(failed('send tank/a@one', RECORDED['send tank/a@one'])), {
    code: 'not-permitted',
    message: "zfs send exited 1: warning: cannot send 'tank/a@one': permission denied",
    hint: 'Run as root, or let root run once: zfs allow -u backup send tank/a',
  })
  t.strictSame(
    pick(
      failed('receive -u tank/r@one', 'cannot receive new filesystem stream: permission denied\n'),
    ),
    {
      code: 'not-permitted',
      message: 'zfs receive exited 1: cannot receive new filesystem stream: permission denied',
      hint: 'Run as root, or let root run once: zfs allow -u backup receive,create,mount tank',
    },
  )
  t.match(
    pick(failed('rename tank/a tank/b', "cannot unmount '/tank/a': permission denied\n")),
    { code: 'not-permitted', hint: /only root can mount and unmount/ },
    'what no zfs allow can give',
  )
  t.match(
    zfsError({
      args: ['send', 'tank/a@one'],
      stderr: RECORDED['send tank/a@one'],
      code: 1,
      signal: null,
      user: 'root',
    }),
    { code: 'not-permitted', hint: /user is root/ },
  )
  t.match(
    pick(failed('set readonly=on tank/a', "cannot set property for 'tank/a': permission denied\n")),
    { code: 'not-permitted', hint: 'Run as root.' },
  )
  for (const stderr of [
    'Permission denied the ZFS utilities must be run as root.\n',
    // zfs-fuse 0.7
    'connect: Permission denied\ninternal error: failed to initialize ZFS library\n',
  ]) {
    t.match(pick(failed('list tank', stderr)), {
      code: 'not-permitted',
      message: 'permission denied on the zfs device',
    })
  }
  t.match(
    pick(
      failed('list tank/x', "cannot open 'tank/a: permission denied': dataset does not exist\n"),
    ),
    { code: 'no-such-dataset' },
    'a name is not an error',
  )
  t.end()
})

void t.test('permission denied to what a sync needs', (t) => {
  const cases: readonly [line: string, stderr: string, allow: string][] = [
    [
      'send -t 1-f9f395b9c-f0-789c63',
      "warning: cannot send 'tank/a@one': permission denied\n",
      'send tank/a',
    ],
    ['receive -A tank/a', "cannot destroy 'tank/a': permission denied\n", 'destroy,mount tank/a'],
    [
      'bookmark tank/a@one tank/a#one',
      "cannot create bookmark 'tank/a#one': permission denied\n",
      'bookmark tank/a',
    ],
    ['destroy tank/a#one', 'cannot destroy bookmark: permission denied\n', 'destroy tank/a'],
    ['hold t tank/a@one', 'cannot hold: permission denied\n', 'hold tank/a'],
    [
      'diff -H tank/a@one',
      'The diff delegated permission is needed in order\nto create a just-in-time snapshot for diffing\n: unable to generate diffs\n',
      'diff tank/a',
    ],
  ]
  for (const [line, stderr, allow] of cases) {
    const { code, hint } = failed(line, stderr)
    t.equal(code, 'not-permitted', line)
    t.equal(hint, `Run as root, or let root run once: zfs allow -u backup ${allow}`)
  }
  t.match(
    pick(
      failed('hold t tank/a@none', "cannot hold snapshot 'tank/a@none': dataset does not exist\n"),
    ),
    { code: 'no-such-snapshot', message: /'tank\/a@none'/ },
  )
  t.end()
})

void t.test('sudo', (t) => {
  for (const stderr of [
    // 1.9.13
    'sudo: a password is required\n',
    'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n',
    // older ones
    'sudo: no tty present and no askpass program specified\n',
    'sudo: sorry, you must have a tty to run sudo\n',
    'backup is not in the sudoers file.  This incident will be reported.\n',
  ]) {
    t.match(
      pick(failed('list tank', stderr)),
      {
        code: 'not-permitted',
        message: 'sudo requires a password or does not permit zfs',
        hint: /'backup ALL=\(root\) NOPASSWD: .*zfs allow.*--no-sudo/,
      },
      stderr,
    )
  }
  t.end()
})

void t.test('another host is named', (t) => {
  const facts = {
    args: ['list', 'tank/none'],
    code: 1,
    signal: null,
    user: 'backup',
    host: 'root@nas',
  }
  t.match(zfsError({ ...facts, stderr: RECORDED['list tank/none'] }), {
    message: "root@nas: dataset 'tank/none' does not exist",
    cause: { message: /^root@nas: zfs list tank\/none: exit status 1/ },
  })
  t.equal(zfsError({ ...facts, stderr: 'x\n' }).message, 'root@nas: zfs list exited 1: x')
  t.end()
})

void t.test('no module, no daemon', (t) => {
  for (const stderr of [
    "/dev/zfs and /proc/self/mounts are required.\nTry running 'udevadm trigger' and 'mount -t proc proc /proc' as root.\n",
    "The ZFS modules are not loaded.\nTry running '/sbin/modprobe zfs' as root to load them.\n",
    "The ZFS modules cannot be auto-loaded.\nTry running '/sbin/modprobe zfs' as root to manually load them.\n",
    "Failed to load ZFS module stack.\nLoad the module manually by running 'insmod <location>/zfs.ko' as root.\n",
    // zfs-fuse 0.7
    'connect: No such file or directory\nPlease make sure that the zfs-fuse daemon is running.\ninternal error: failed to initialize ZFS library\n',
  ]) {
    const error = failed('list tank', stderr)
    t.equal(error.code, 'zfs-unavailable', stderr)
    t.match(error.message, /^zfs cannot reach its kernel module: \S/)
    t.match(error.hint, /modprobe zfs/)
  }
  t.end()
})

void t.test('a destination that is not as it should be', (t) => {
  const receive = (stderr: string) => pick(failed('receive tank/r@two', stderr))
  t.match(
    receive(
      "cannot receive new filesystem stream: destination 'tank/r' exists\nmust specify -F to overwrite it\n",
    ),
    {
      code: 'dataset-exists',
      message:
        "zfs receive exited 1: cannot receive new filesystem stream: destination 'tank/r' exists must specify -F to overwrite it",
    },
  )
  t.match(
    receive(
      'cannot receive new filesystem stream: destination has snapshots (eg. tank/r@one)\nmust destroy them to overwrite it\n',
    ),
    { code: 'dataset-exists' },
  )
  t.match(
    pick(failed('rename tank/a tank/b', "cannot rename 'tank/a': dataset already exists\n")),
    { code: 'dataset-exists' },
  )
  t.match(
    receive(
      'cannot receive incremental stream: destination tank/r has been modified\nsince most recent snapshot\n',
    ),
    { code: 'destination-modified', hint: /since the newest snapshot/ },
  )
  t.match(
    receive(
      'cannot receive incremental stream: most recent snapshot of tank/r does not\nmatch incremental source\n',
    ),
    { code: 'no-common-snapshot' },
  )
  t.match(
    receive(
      'cannot receive new filesystem stream: destination tank/r contains partially-complete state from "zfs receive -s".\n',
    ),
    { code: 'zfs-failed', hint: /zfs receive -A/ },
  )
  for (const [stderr, hint] of [
    [
      'cannot receive new filesystem stream: destination tank/r has been modified\nsince most recent snapshot\n',
      /--rollback/,
    ],
    [
      'cannot receive new filesystem stream: inherited key must be loaded\n',
      /key of the parent dataset at the destination.*zfs load-key.*--raw/,
    ],
    [
      'cannot receive incremental stream: cannot perform raw receive on top of existing unencrypted dataset\n',
      /received decrypted: use --decrypt/,
    ],
    [
      'cannot receive new filesystem stream: pool must be upgraded to receive this stream.\n',
      /zpool upgrade.*-L, -e and -c/,
    ],
  ] as const) {
    t.match(receive(stderr).hint, hint)
  }
  t.end()
})

void t.test('other failures keep what zfs said, in one line', (t) => {
  const cases: readonly [line: string, stderr: string, message: string, hint?: RegExp][] = [
    [
      'receive tank/q/x@one',
      'cannot receive new filesystem stream: destination tank/q/x space quota exceeded.\n',
      'zfs receive exited 1: cannot receive new filesystem stream: destination tank/q/x space quota exceeded',
      /Free space/,
    ],
    [
      'receive tank/q/x@one',
      'cannot receive new filesystem stream: out of space\n',
      'zfs receive exited 1: cannot receive new filesystem stream: out of space',
      /Free space/,
    ],
    [
      'rename tank/a tank/b',
      "cannot unmount '/tank/a/c2': pool or dataset is busy\n",
      "zfs rename exited 1: cannot unmount '/tank/a/c2': pool or dataset is busy",
      /Stop the processes that use/,
    ],
    [
      'rename tank/a tank/b',
      // zfs-fuse 0.7
      "umount: /tank/a/c2: target is busy.\ncannot unmount '/tank/a/c2': umount failed: umount child process failed\n",
      "zfs rename exited 1: umount: /tank/a/c2: target is busy.; cannot unmount '/tank/a/c2': umount failed: umount child process failed",
      /Stop the processes that use/,
    ],
    [
      'send tank/enc@1',
      "warning: cannot send 'tank/enc@1': dataset key must be loaded\n",
      "zfs send exited 1: warning: cannot send 'tank/enc@1': dataset key must be loaded",
      /zfs load-key.*--raw/,
    ],
    [
      'receive tank/cut@one',
      'cannot receive new filesystem stream: incomplete stream\n',
      'zfs receive exited 1: cannot receive new filesystem stream: incomplete stream',
    ],
    ['send tank/a@one', '', 'zfs send exited 1'],
  ]
  for (const [line, stderr, message, hint] of cases) {
    const error = failed(line, stderr)
    t.equal(error.code, 'zfs-failed', stderr)
    t.equal(error.message, message)
    if (hint) t.match(error.hint, hint)
    else t.equal(error.hint, undefined)
  }
  t.end()
})

void t.test('the usage text is left out of the line, not of the cause', (t) => {
  const stderr =
    "invalid option 'w'\nusage:\n\tsend [-RDp] [-[iI] snapshot] <snapshot>\n\nFor the property list, run: zfs set|get\n"
  const error = failed('send -w tank/a@one', stderr, 2)
  t.equal(error.message, "zfs send exited 2: invalid option 'w'")
  t.match(error.hint, /too old/)
  t.match(error.cause, { stderr })
  t.end()
})

void t.test('a long story is cut', (t) => {
  const { message } = failed('send tank/a@one', 'x'.repeat(10_000))
  t.match(message, /^zfs send exited 1: x{500}…$/)
  t.end()
})

void t.test('one line, whatever it says', (t) => {
  const { message } = failed('send tank/a@one', '\n\ncannot a\n\n  b\nC\n')
  t.equal(message, 'zfs send exited 1: cannot a b; C')
  t.end()
})

void t.test('killed', (t) => {
  const error = zfsError({
    args: ['send', 'tank/a@one'],
    stderr: '',
    code: null,
    signal: 'SIGKILL',
    user: 'root',
  })
  t.strictSame(pick(error), {
    code: 'zfs-failed',
    message: 'zfs send was killed by SIGKILL',
    hint: undefined,
  })
  t.end()
})

void t.test('what an old zfs lacks', (t) => {
  const option = failed('list -p', "invalid option 'p'\nusage:\n", 2)
  t.equal(invalidOption(option), 'p')
  t.equal(invalidProperty(option), undefined)
  const property = failed(
    'get written tank',
    "bad property list: invalid property 'written'\nusage:\n",
    2,
  )
  t.equal(invalidProperty(property), 'written')
  t.equal(invalidOption(property), undefined)
  t.equal(invalidOption(new Error("invalid option 'p'")), undefined)
  t.end()
})
