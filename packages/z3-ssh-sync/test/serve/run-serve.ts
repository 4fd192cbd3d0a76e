import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('serve.mjs', import.meta.url))

export interface Served {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface ServeOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: Uint8Array | string
}

/** Run `z3-ssh-sync serve` as sshd does. */
export const serve = async (
  args: readonly string[],
  text: string | undefined,
  { env = {}, input = '' }: ServeOptions = {},
): Promise<Served> => {
  const child = spawn(process.execPath, [script, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      ...(text === undefined ? {} : { SSH_ORIGINAL_COMMAND: text }),
      ...env,
    },
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // it may not read it
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return {
    code,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString(),
  }
}
