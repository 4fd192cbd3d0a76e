import { execFile } from 'node:child_process'
import type { Command } from '@z3/core'
import { NotAllowed } from './policy.js'
import { subtreeOf } from './subtree.js'

/** What zfs says of a token, bytes. */
const MAX_OUTPUT = 256 * 1024

/** What a `zfs send` by a token failed with, before it was begun. */
export interface TokenFailure {
  readonly status: number
  readonly stderr: string
}

/**
 * See to it that what a token sends is in the subtree. A token is no secret of
 * zfs: whoever can write one names any snapshot with it. zfs itself is asked
 * what it would send.
 *
 * @param zfs `zfs`, perhaps behind `sudo -n`
 * @returns what zfs has against the token itself
 * @throws NotAllowed
 */
export async function checkToken(
  zfs: Command,
  token: string,
  dataset: string,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<TokenFailure | undefined> {
  const { error, stdout, stderr } = await exec(
    zfs.file,
    [...zfs.args, 'send', '-nvP', '-t', token],
    options,
  )
  if (error) {
    options.signal.throwIfAborted()
    if (typeof error.code !== 'number') throw error
    return { status: error.code, stderr }
  }
  // old ones say it on stderr
  checkNames(`${stdout}\n${stderr}`, dataset)
  return undefined
}

/**
 * Look for the names of what would be sent. A token may hold texts of its own,
 * with line ends, that look like names: all of them must be inside.
 */
export function checkNames(text: string, dataset: string): void {
  const { snapshot } = subtreeOf(dataset)
  const dumped = [...text.matchAll(/^\s*toname = (.*)$/gm)]
  const sent = [...text.matchAll(/^(?:full|incremental)\t(.*)$/gm)]
  if (dumped.length === 0 || sent.length === 0) {
    throw new NotAllowed('a token that zfs does not explain')
  }
  for (const [, name = ''] of dumped) snapshot(name)
  for (const [, columns = ''] of sent) {
    // full SNAPSHOT SIZE, incremental BASE SNAPSHOT SIZE; the base may have no
    // dataset, and shows nothing of itself
    snapshot(columns.split('\t').at(-2) ?? '')
  }
}

interface ExecResult {
  readonly error: (Error & { readonly code?: string | number | null }) | null
  readonly stdout: string
  readonly stderr: string
}

function exec(
  file: string,
  args: readonly string[],
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<ExecResult> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      { env, signal, encoding: 'utf8', maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        resolve({ error, stdout, stderr })
      },
    )
    child.stdin?.end()
  })
}
