// Two real OpenZFS hosts with a pool each
import { once } from 'node:events'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { run, start } from './processes.mjs'

const script = (name) => fileURLToPath(new URL(name, import.meta.url))
const zfsHost = script('../zfs-host')
const NAMES = ['source', 'target']

/** Boot a host. It ends with this process at the latest, when another starts. */
const startHost = async (name) => {
  const { stdout } = await run(zfsHost, [
    ...['start', name, '--sshd', '--owner', String(process.pid)],
  ])
  const value = (variable) => new RegExp(`^export ${variable}='([^']*)'`, 'm').exec(stdout)?.[1]
  const bin = dirname(value('Z3_TEST_RUN'))
  const pool = `${value('Z3_TEST_POOL_PREFIX')}bench`
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }
  const [disk] = value('Z3_TEST_VDEVS').split(' ')
  const zfs = async (...args) => (await run('zfs', args, { env })).stdout
  const zpool = (...args) => run('zpool', args, { env })
  await zpool('create', '-f', pool, disk)
  return {
    pool,
    env,
    address: value('Z3_TEST_SSH_ADDR'),
    key: value('Z3_TEST_SSH_KEY'),
    knownHosts: value('Z3_TEST_SSH_KNOWN_HOSTS'),
    zfs,
    /** Receive a snapshot of another host, and all below it, by zfs alone. */
    receiveFrom: (other, snapshot, to) =>
      run('/bin/bash', [
        ...[
          '-c',
          'set -o pipefail; PATH=$1 zfs send -R "$2" | PATH=$3 zfs receive -u -x mountpoint "$4"',
        ],
        ...['bash', other.env.PATH, snapshot, env.PATH, to],
      ]),
    /** Destroy a dataset, and wait until its blocks are free. */
    destroy: async (dataset) => {
      await zfs('destroy', '-r', dataset)
      await zpool('wait', '-t', 'free', pool)
    },
    /** Make the pool anew: whatever is held in it. */
    renew: async () => {
      await zpool('destroy', '-f', pool)
      await zpool('create', '-f', pool, disk)
    },
    /** Run a script of sh there, with arguments. */
    shell: (text, ...args) => run(`${bin}/run`, ['sh', '-c', text, 'sh', ...args]),
  }
}

const stopHost = async (name) => {
  try {
    await run(zfsHost, ['stop', name])
  } catch (error) {
    // it was on its way
    if (!error.message.includes('no host')) throw error
  }
}

/**
 * Boot both.
 *
 * @param undo what has to be done at the end is put there
 */
export const startHosts = async (undo) => {
  const hosts = []
  for (const name of NAMES) {
    undo.push(() => stopHost(name))
    hosts.push(await startHost(name))
  }
  return hosts
}

const INSIDE = 'Z3_BENCH_INSIDE'

/**
 * Run this script again in a network namespace of its own, which the hosts are
 * in, and remove that.
 *
 * @returns the exit status; undefined: it is in it already
 */
export const inNamespace = async (args) => {
  if (process.env[INSIDE]) return undefined
  // the first build fetches packages, and needs the way out
  await run(zfsHost, ['build'])
  const netns = script('../netns')
  const name = `z3-bench-${process.pid}`
  const env = { ...process.env, [INSIDE]: '1', Z3_TEST_NETNS: name }
  const child = start(netns, ['exec', process.execPath, process.argv[1], ...args], {
    env,
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => child.kill(signal))
  }
  const [code] = await once(child, 'close')
  await run(netns, ['delete'], { env })
  return code ?? 1
}
