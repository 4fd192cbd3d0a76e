import t from 'tap'
import { isOfSsh, sshError } from '../../src/ssh/ssh-error.js'

const target = { user: 'root', host: 'nas' }

/** OpenSSH 9.2 unless it says otherwise; what `connection.test.ts` cannot make. */
const cases: readonly [stderr: string, message: string, hint: RegExp][] = [
  [
    'ssh: connect to host nas port 22: No route to host\r\n',
    'root@nas: cannot connect: no route to host',
    /firewall/,
  ],
  [
    // FreeBSD
    'ssh: connect to host nas port 22: Operation timed out\r\n',
    'root@nas: cannot connect: operation timed out',
    /firewall/,
  ],
  [
    'Connection timed out during banner exchange\r\nConnection to 10.0.0.1 port 22 timed out\r\n',
    'root@nas: cannot connect: connection timed out',
    /firewall/,
  ],
  [
    'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 10.0.0.1 port 22\r\n',
    'root@nas: connection closed by the host',
    /log of sshd/,
  ],
  [
    'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.1 port 22\r\n',
    'root@nas: login refused: Too many authentication failures',
    /--identity/,
  ],
  [
    // its banner comes on stderr, too
    'Welcome: line 1: of our banner\nroot@nas: Permission denied (publickey,keyboard-interactive).\r\n',
    'root@nas: login refused (publickey, keyboard-interactive)',
    /cron has no agent/,
  ],
  [
    'mux_client_request_session: session request failed: Session open refused by peer\r\n',
    'root@nas: the host refuses another session on this connection',
    /MaxSessions/,
  ],
  [
    'Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa\r\n',
    'root@nas: Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa',
    /ssh -v root@nas/,
  ],
  ['', 'root@nas: ssh failed without a message', /ssh -v/],
]

for (const [stderr, message, hint] of cases) {
  const error = sshError(target, stderr)
  t.equal(error.code, 'ssh-failed', message)
  t.equal(error.exitStatus, 1)
  t.equal(error.message, message)
  t.match(error.hint, hint)
}

for (const stderr of [
  'command-line: line 0: Bad configuration option: foo\r\n',
  "command-line line 0: Bad port 'x'.\r\n",
  '/root/.ssh/config: line 3: Bad configuration option: foo\r\n/root/.ssh/config: terminating, 1 bad configuration options\r\n',
  'Bad owner or permissions on /root/.ssh/config\r\n',
]) {
  const error = sshError(target, stderr)
  t.equal(error.code, 'config', stderr)
  t.equal(error.exitStatus, 2)
  t.match(error.message, /^root@nas: ssh rejects its configuration: \S.*$/)
  t.notMatch(error.message, /[\r\n]/)
}

t.equal(isOfSsh('mux_client_request_session: read from master failed\n'), true)
t.equal(isOfSsh('root@nas: Permission denied (publickey).\n'), true)
for (const said of [
  '',
  "cannot resume send: 'tank/a@b' used in the initial send no longer exists\n",
  "warning: cannot send 'tank/a@b': permission denied\n",
  "cannot mount '/x': Permission denied\n",
]) {
  t.equal(isOfSsh(said), false, said)
}
