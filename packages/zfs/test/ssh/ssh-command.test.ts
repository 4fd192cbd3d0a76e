import t from 'tap'
import { masterOptions, sshCommand, useOptions } from '../../src/ssh/ssh-command.js'

const SAFE = [
  ...['-T', '-x', '-o', 'ForwardAgent=no', '-o', 'PermitLocalCommand=no'],
  ...['-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
]

void t.test('options, then the destination, then one word', (t) => {
  t.strictSame(
    sshCommand(
      { user: 'root', host: 'nas' },
      {
        config: '/etc/z3/ssh',
        options: ['ProxyJump=gate', 'Compression=no'],
        port: 2222,
        identity: '/root/.ssh/z3 key',
      },
      "zfs list 'tank/with space'",
    ),
    {
      file: 'ssh',
      args: [
        ...['-F', '/etc/z3/ssh', ...SAFE],
        ...['-o', 'ProxyJump=gate', '-o', 'Compression=no'],
        ...['-p', '2222', '-i', '/root/.ssh/z3 key'],
        ...['--', 'root@nas', "zfs list 'tank/with space'"],
      ],
    },
  )
  t.strictSame(sshCommand({ host: '::1' }, {}, 'true').args, [...SAFE, ...['--', '::1', 'true']])
  t.end()
})

void t.test('our options go first, since ssh takes the first of a kind', (t) => {
  const { args } = sshCommand(
    { host: 'nas' },
    { options: ['ControlMaster=auto', 'ControlPersist=yes'] },
    undefined,
    masterOptions('/run/100%/${x'),
    ['-o', 'ConnectTimeout=15'],
  )
  t.strictSame(args, [
    ...['-M', '-N', '-S', '/run/100%%/${x', ...SAFE, '-o', 'ControlPersist=no'],
    ...['-o', 'ControlMaster=auto', '-o', 'ControlPersist=yes'],
    ...['-o', 'ConnectTimeout=15', '--', 'nas'],
  ])
  t.strictSame(
    useOptions('/run/s'),
    ['-S', '/run/s', ...SAFE, '-o', 'ProxyCommand=false'],
    'it fails when the connection is gone',
  )
  t.end()
})
