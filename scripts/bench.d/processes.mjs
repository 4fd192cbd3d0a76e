// Child processes, and that none outlives the benchmark
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'

const groups = new Set()

/** End what still runs. */
export const killAll = () => {
  for (const pid of groups) {
    try {
      process.kill(-pid, 'SIGTERM')
    } catch {
      // gone already
    }
  }
}

/**
 * Start a program in a process group of its own, so that ^C reaches it only
 * through killAll.
 */
export const start = (command, args, options = {}) => {
  const child = spawn(command, args, { ...options, detached: true })
  if (child.pid) {
    groups.add(child.pid)
    child.once('close', () => groups.delete(child.pid))
  }
  return child
}

/** Run to the end. @returns stdout; throws with stderr when it fails */
export const run = async (command, args, options = {}) => {
  const child = start(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name]?.on('data', (chunk) => (output[name] += chunk))
  }
  const [code, signal] = await once(child, 'close')
  if (code === 0) return output
  const how = signal ?? `exit ${code}`
  throw new Error(`${command}: ${how}\n${output.stderr.slice(-2000)}`)
}
