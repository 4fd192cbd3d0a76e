import { zfsError, type Run } from '../src/index.js'

/** What it prints, or how it fails. */
export type Reply = string | { readonly stderr: string; readonly code?: number }

export interface FakeZfs {
  readonly run: Run
  /** The command lines that were run. */
  readonly calls: string[]
}

/** A `zfs` that knows some command lines, and fails on others as no zfs does. */
export function fakeZfs(replies: Readonly<Record<string, Reply>>): FakeZfs {
  const calls: string[] = []
  const run: Run = (args) => {
    const line = args.join(' ')
    calls.push(line)
    const reply = replies[line]
    if (typeof reply === 'string') return Promise.resolve(reply)
    if (reply === undefined) {
      return Promise.reject(new Error(`not expected: zfs ${line}`))
    }
    const { stderr, code = 1 } = reply
    return Promise.reject(zfsError({ args, stderr, code, signal: null, user: 'backup' }))
  }
  return { run, calls }
}
