import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { testHosts } from '@z3/fixtures'
import type { Test } from 'tap'
import type { SshHostOptions } from '../../src/index.js'

/** A real sshd, and all that is needed to see what a connection leaves. */
export interface Sshd {
  readonly address: string
  readonly options: SshHostOptions
  readonly env: NodeJS.ProcessEnv
  /** Directories of sockets that are there now. */
  readonly leftovers: () => readonly string[]
  /** The process that holds a connection, by default the only one. */
  readonly master: (leftover?: string) => number
}

/** The host of tests whose zfs is in PATH. */
export function sshd(t: Test): Sshd {
  const { address, key, knownHosts } = testHosts().source
  const dir = mkdtempSync('/tmp/z3-test-')
  t.teardown(() => {
    rmSync(dir, { recursive: true })
  })
  const leftovers = (): readonly string[] =>
    readdirSync(dir).filter((name) => name.startsWith('z3-ssh-'))
  return {
    address,
    options: {
      config: 'none',
      identity: key,
      options: [`UserKnownHostsFile=${knownHosts}`, 'BatchMode=yes'],
    },
    env: {
      ...process.env,
      XDG_RUNTIME_DIR: dir,
      TEST_DIR: dir,
    },
    leftovers,
    master: (name = leftovers()[0] ?? '') => {
      // it says so on stderr
      const said = execFileSync(
        'sh',
        ['-c', 'exec ssh -F none -S "$1" -O check nobody 2>&1', 'sh', `${dir}/${name}/s`],
        { encoding: 'utf8' },
      )
      return Number(/pid=(\d+)/.exec(said)?.[1])
    },
  }
}

/** Is there a process, or what is left of one? */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
