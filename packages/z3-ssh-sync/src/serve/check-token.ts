import { execFile } from 'node:child_process'
import type { Command } from '@z3/core'
import { NotAllowed } from './policy.js'
import { subtreeOf } from './subtree.js'

/** Maximum output of zfs for a token, bytes. */
const MAX_OUTPUT = 256 * 1024

/** The failure of a `zfs send` with a token, before it was started. */
export interface TokenFailure {
  readonly status: number
  readonly stderr: string
}

/**
 * Check that a token sends a snapshot in the subtree. Tokens are not secret: anyone can write one
 * for any snapshot. zfs itself is asked what it would send.
 *
 * @param zfs `zfs`, possibly with `sudo -n`
 * @returns the error of zfs about the token itself
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
  // old versions print it on stderr
  checkNames(`${stdout}\n${stderr}`, dataset)
  return undefined
}

/**
 * Check the names of what would be sent. A token may contain other texts, with newlines, that look
 * like names: all of them must be inside.
 */
export function checkNames(text: string, dataset: string): void {
  const { snapshot } = subtreeOf(dataset)
  const dumped = [...text.matchAll(/^\s*toname = (.*)$/gm)]
  const sent = [...text.matchAll(/^(?:full|incremental)\t(.*)$/gm)]
  if (dumped.length === 0 || sent.length === 0) {
    throw new NotAllowed('a token that zfs cannot describe')
  }
  for (const [, name = ''] of dumped) snapshot(name)
  for (const [, columns = ''] of sent) {
    // full SNAPSHOT SIZE, incremental BASE SNAPSHOT SIZE; the base may lack the dataset, and
    // reveals nothing
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
