import { spawn } from 'node:child_process'
import type { Command } from '@z3/core'

/**
 * Run a filter on the first bytes of an object, and take the first bytes that
 * it writes. It is ended then: its input is cut, and how it ends says nothing.
 *
 * @param wanted bytes
 * @returns no bytes where it could make nothing of the input
 * @throws the signal's reason; Error where it cannot be run
 */
export async function filterStart(
  { file, args }: Command,
  input: Uint8Array,
  wanted: number,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Buffer> {
  signal.throwIfAborted()
  const child = spawn(file, args, {
    env: { ...env, LC_MESSAGES: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const output: Buffer[] = []
  let length = 0
  child.stdout.on('data', (chunk: Buffer) => {
    output.push(chunk)
    length += chunk.length
    if (length >= wanted) child.kill('SIGKILL')
  })
  // it ends before it has read all, as it should
  child.stdin.on('error', () => undefined)
  const end = (): boolean => child.kill('SIGKILL')
  signal.addEventListener('abort', end)
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => {
        resolve()
      })
      child.stdin.end(input)
    })
  } finally {
    signal.removeEventListener('abort', end)
  }
  signal.throwIfAborted()
  return Buffer.concat(output)
}
