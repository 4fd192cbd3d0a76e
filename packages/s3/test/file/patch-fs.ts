import fs, { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Test } from 'tap'

type Call = (...args: unknown[]) => Promise<unknown>
type Patch = (name: string, original: () => Promise<unknown>) => unknown

/** An error as a system call reports it. */
export function systemError(code: string, text = 'as the test wants'): Error {
  return Object.assign(new Error(`${code}: ${text}, call`), { code })
}

/** Calls that change files. */
export const CHANGES = [
  'open wx',
  'link',
  'mkdir',
  'rename',
  'rmdir',
  'unlink',
  'handle.sync',
  'handle.write',
  'handle.writeFile',
]

/**
 * Until the test is over, let `patch` decide on every call of these functions
 * of node:fs/promises (`rename`) and of file handles (`handle.sync`): do it,
 * fail, or do something else. `open wx` is an `open` that creates.
 */
export async function patchFs(t: Test, names: readonly string[], patch: Patch): Promise<void> {
  const handle = await open('/dev/null')
  const prototype: unknown = Object.getPrototypeOf(handle)
  await handle.close()
  const restore = names.map((name) => {
    const [where, method] = name.startsWith('handle.')
      ? [prototype, name.slice('handle.'.length)]
      : [fs, name.split(' ')[0] ?? '']
    const functions = where as Record<string, Call>
    const original = functions[method]
    if (original === undefined) throw new Error(`no ${name}`)
    functions[method] = async function (this: unknown, ...args: unknown[]) {
      const call = async (): Promise<unknown> => await original.apply(this, args)
      const other = name === 'open wx' && args[1] !== 'wx'
      return other ? await call() : await patch(name, call)
    }
    return () => {
      functions[method] = original
    }
  })
  syncBuiltinESMExports()
  t.teardown(() => {
    for (const undo of restore) undo()
    syncBuiltinESMExports()
  })
}
