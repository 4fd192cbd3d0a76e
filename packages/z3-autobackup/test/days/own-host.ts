import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runBinary, runShell, type BinaryResult } from '@z3/fixtures'

const clock = new URL('clock.mjs', import.meta.url).href
const script = fileURLToPath(new URL('../../../../scripts/zfs-host', import.meta.url))

/** A ZFS host whose clock is the test's: nothing else runs there. */
export interface OwnHost {
  readonly vdevs: readonly string[]
  readonly prefix: string
  /**
   * Set the clock of the host, and the one that the toolkit sees.
   *
   * @returns seconds by which they are ahead of this machine's
   */
  setClock(now: number): Promise<number>
  /** Run a program of the toolkit on this machine, by these clocks. */
  toolkit(
    binary: 'z3' | 'z3-autobackup',
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<BinaryResult>
  /** Run a script of bash with the host's zfs and RUN; fails unless it exits 0. */
  must(text: string, env?: Readonly<Record<string, string>>): Promise<string>
  stop(): void
}

/** Boot a host beside those of the other tests, in their network namespace. */
export const ownHost = (name: string): OwnHost => {
  const full = `${name}-${String(process.pid)}`
  const zfsHost = (...args: readonly string[]): string =>
    execFileSync(script, args, { encoding: 'utf8' })
  const exports = zfsHost('start', full, '--owner', String(process.pid))
  const value = (key: string): string => {
    const found = new RegExp(`^export ${key}='([^']*)'$`, 'm').exec(exports)
    if (!found?.[1]) throw new Error(`zfs-host has not printed ${key}`)
    return found[1]
  }
  const run = value('Z3_TEST_RUN')
  const bin = dirname(run)
  let ahead = 0
  const must: OwnHost['must'] = async (text, env = {}) => {
    const { code, stdout, stderr } = await runShell(
      `PATH="${bin}:$PATH"\nset -e -o pipefail\n${text}`,
      { env: { ...env, RUN: run } },
    )
    if (code !== 0) throw new Error(`exit ${String(code)}: ${text}\n${stderr}`)
    return String(stdout)
  }
  return {
    vdevs: value('Z3_TEST_VDEVS').split(' '),
    prefix: value('Z3_TEST_POOL_PREFIX'),
    setClock: async (now) => {
      await must('"$RUN" date -s "@$NOW" > /dev/null', { NOW: String(now) })
      ahead = now * 1000 - Date.now()
      return Math.round(ahead / 1000)
    },
    toolkit: (binary, args, env = {}) =>
      runBinary(binary, args, {
        env: {
          ...env,
          TZ: 'UTC',
          PATH: `${bin}:${process.env['PATH'] ?? ''}`,
          NODE_OPTIONS: `--import ${clock}`,
          Z3_TEST_CLOCK_AHEAD: String(ahead),
        },
      }),
    must,
    stop: () => {
      zfsHost('stop', full)
    },
  }
}
