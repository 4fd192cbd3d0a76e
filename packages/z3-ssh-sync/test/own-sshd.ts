import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '@z3/fixtures'
import type { Test } from 'tap'

/** A real sshd on this machine, for as long as a test runs. */
export interface OwnSshd {
  /** For files of the test; removed at its end. The path is short. */
  readonly dir: string
  readonly port: number
  /** `user@host` */
  readonly login: string
  /** Options of ssh, scp and sftp, but for the port: that has another letter. */
  options(key: string): readonly string[]
  /** The same for z3-ssh-sync, with the port. */
  ours(key: string): readonly string[]
}

const program = fileURLToPath(new URL('../bin/z3-ssh-sync.js', import.meta.url))

/**
 * Start sshd with a key for each name.
 *
 * @param path where `serve` finds zfs
 * @param keys what stands before each key in authorized_keys; `SERVE` in it is
 *   the path of z3-ssh-sync, and `serve`
 */
export const ownSshd = async (
  t: Test,
  path: string,
  keys: Readonly<Record<string, string>>,
): Promise<OwnSshd> => {
  const dir = mkdtempSync(join(tmpdir(), 'z3-sshd-'))
  t.teardown(() => {
    rmSync(dir, { recursive: true })
  })
  // Debian's unit makes it, and it stays: another sshd may be about to use it
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  // the Node of the test
  writeFileSync(
    join(dir, 'z3-ssh-sync'),
    `#!/bin/sh\nPATH='${path}' exec '${process.execPath}' '${program}' "$@"\n`,
  )
  chmodSync(join(dir, 'z3-ssh-sync'), 0o755)
  for (const name of ['host', ...Object.keys(keys)]) makeKey(join(dir, name))
  const authorized = Object.entries(keys).map(
    ([name, options]) =>
      `${options.replace('SERVE', `${dir}/z3-ssh-sync serve`)} ${publicKey(join(dir, name))}\n`,
  )
  writeFileSync(join(dir, 'authorized_keys'), authorized.join(''))
  writeFileSync(
    join(dir, 'config'),
    [
      'ListenAddress 127.0.0.1',
      `HostKey ${dir}/host`,
      `AuthorizedKeysFile ${dir}/authorized_keys`,
      // the directory is below /tmp
      'StrictModes no',
      'PidFile none',
      // root may have no password, and be locked without PAM
      'UsePAM yes',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UseDNS no',
      'MaxStartups 100',
      // all that a key may be kept from
      'AllowTcpForwarding yes',
      'PermitTTY yes',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  )
  const port = await freePort()
  await startSshd(t, ['-D', '-e', '-f', join(dir, 'config')], port)
  writeFileSync(
    join(dir, 'known_hosts'),
    `[127.0.0.1]:${String(port)} ${publicKey(join(dir, 'host'))}\n`,
  )
  const known = `UserKnownHostsFile=${dir}/known_hosts`
  return {
    dir,
    port,
    login: `${userInfo().username}@127.0.0.1`,
    options: (key) => [
      ...['-F', 'none', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'],
      ...['-o', known, '-i', join(dir, key)],
    ],
    ours: (key) => [
      ...['--ssh-config', 'none', '--ssh-option', known],
      ...['--ssh-option', 'IdentitiesOnly=yes', '--ssh-option', 'BatchMode=yes'],
      ...['--identity', join(dir, key), '--port', String(port)],
    ],
  }
}

/** Run sshd until the test ends, or this process, be it by SIGKILL. */
const startSshd = async (t: Test, args: readonly string[], port: number): Promise<void> => {
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', '/usr/sbin/sshd', ...args, '-p', String(port)],
    { env: {}, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const closed = once(child, 'close')
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await closed
  })
  await until('sshd listens', () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`sshd: ${said}`)
    }
    return said.includes(`Server listening on 127.0.0.1 port ${String(port)}.`)
  })
}

const makeKey = (file: string): void => {
  const { status, stderr } = spawnSync('ssh-keygen', [
    ...['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file],
  ])
  if (status !== 0) throw new Error(`ssh-keygen: ${String(stderr)}`)
}

const publicKey = (file: string): string => readFileSync(`${file}.pub`, 'utf8').trim()

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
