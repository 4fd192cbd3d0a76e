import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from '@z3/core'
import { zfsError, type Run } from '../src/index.js'

/** How many bytes a command writes, and how it failed. */
export async function lengthOf(
  command: Command,
): Promise<{ readonly bytes: number; readonly error: Error | undefined }> {
  const { stdout, error } = await output(command.file, command.args, command.args)
  return { bytes: stdout.length, error }
}

/** Run one into the other; throw what `zfsError` makes of a failed receive. */
export async function transfer(send: Command, receive: Command): Promise<void> {
  const reader = spawn(receive.file, receive.args, {
    stdio: ['pipe', 'inherit', 'pipe'],
  })
  const writer = spawn(send.file, send.args, {
    stdio: ['ignore', reader.stdin, 'ignore'],
  })
  reader.stdin.destroy()
  const [error] = await Promise.all([failure(reader, receive.args), once(writer, 'close')])
  if (error !== undefined) throw error
}

async function output(
  file: string,
  words: readonly string[],
  zfsArgs: readonly string[],
  user = 'root',
): Promise<{ readonly stdout: Buffer; readonly error: Error | undefined }> {
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const error = await failure(child, zfsArgs, user)
  return { stdout: Buffer.concat(chunks), error }
}

/** Undefined when it exits 0. */
async function failure(
  child: ChildProcess,
  args: readonly string[],
  user = 'root',
): Promise<Error | undefined> {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  if (code === 0) return undefined
  return zfsError({ args, stderr, code, signal, user })
}

/**
 * The `zfs` of the test host for another user of it.
 *
 * @param after the shell's redirections
 */
export function commandsOf(inHost: string, user: string, after = ''): Run {
  return async (args) => {
    const line = `zfs ${args.map((word) => `'${word}'`).join(' ')} ${after}`
    const words = ['su', user, '-s', '/bin/sh', '-c', line]
    const { stdout, error } = await output(inHost, words, args, user)
    if (error !== undefined) throw error
    return String(stdout)
  }
}
