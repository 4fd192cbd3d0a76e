import { readFile } from 'node:fs/promises'

/**
 * Bytes that a process has read so far, of files and messages, too: `rchar` of
 * proc(5).
 *
 * @returns undefined where that cannot be known: on FreeBSD, or when the process
 *   has ended or is another user's
 */
export async function bytesRead(pid: number): Promise<number | undefined> {
  try {
    const counters = await readFile(`/proc/${String(pid)}/io`, 'utf8')
    const rchar = /^rchar: (?<bytes>\d+)$/m.exec(counters)?.groups?.['bytes']
    return rchar === undefined ? undefined : Number(rchar)
  } catch {
    return undefined
  }
}
