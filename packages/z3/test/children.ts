import { readdirSync, readFileSync } from 'node:fs'
import { until } from '@z3/fixtures'

/** The command lines of all processes below another one, by process id. */
export const descendants = (parent: number): ReadonlyMap<number, string> => {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const status = read(`/proc/${entry}/status`)
    const ppid = /^PPid:\s*(\d+)$/m.exec(status)?.[1]
    parents.set(Number(entry), Number(ppid))
  }
  const isBelow = (pid: number): boolean => {
    const above = parents.get(pid)
    return above !== undefined && (above === parent || isBelow(above))
  }
  const found = [...parents.keys()].filter(isBelow)
  return new Map(
    found.map((pid) => [pid, read(`/proc/${String(pid)}/cmdline`).replaceAll('\0', ' ')]),
  )
}

/** Wait for a process below another one, by its command line. */
export const waitForChild = async (
  parent: number | undefined,
  pattern: RegExp,
): Promise<number> => {
  let found: number | undefined
  await until(`a child like ${String(pattern)}`, () => {
    found = [...descendants(parent ?? 0)].find(([, line]) => pattern.test(line))?.[0]
    return found
  })
  return found ?? 0
}

/** @returns false: it has ended */
export const sendSignal = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** A zombie has ended: its parent may reap it late. */
export const isAlive = (pid: number): boolean => {
  const status = read(`/proc/${String(pid)}/status`)
  return status !== '' && !/^State:\s*[ZX]/m.test(status)
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // it has ended
    return ''
  }
}
