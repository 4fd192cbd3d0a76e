import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { constants, openSync } from 'node:fs'

/** The reading end of a pipe, and the process that writes to it. */
export interface Fifo {
  readonly fd: number
  readonly writer: ChildProcess
}

/**
 * Have a shell command write to a pipe whose other end is a descriptor of this
 * process. (Node gives its children sockets, and itself no pipe.)
 */
export const fifo = (dir: string, command: string, args: readonly string[] = []): Fifo => {
  const path = `${dir}/fifo`
  execFileSync('mkfifo', [path])
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = spawn('sh', ['-c', `exec > "$0"; ${command}`, path, ...args], {
    stdio: 'ignore',
  })
  return { fd, writer }
}
