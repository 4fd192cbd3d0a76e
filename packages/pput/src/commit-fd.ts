import { createReadStream } from 'node:fs'
import { Z3Error } from '@z3/core'

/** The word that completes an upload. */
const COMMIT = 'commit'

/**
 * Wait for the confirmation of the stream: one line, `commit`, on a descriptor. Anything else,
 * including end of file, refuses.
 *
 * @throws Z3Error `not-committed`
 */
export async function readCommit(fd: number): Promise<void> {
  const line = await firstLine(fd)
  if (line === COMMIT) return
  throw new Z3Error(
    'not-committed',
    line === undefined
      ? `the stream was not committed: descriptor ${String(fd)} was closed without '${COMMIT}'; nothing was stored`
      : `the stream was not committed: descriptor ${String(fd)} sent something other than '${COMMIT}'; nothing was stored`,
    { hint: 'The program that writes the stream failed: see its messages.' },
  )
}

/** @returns undefined if the input ends before the line does */
async function firstLine(fd: number): Promise<string | undefined> {
  let text = ''
  try {
    for await (const chunk of createReadStream('', {
      fd,
      encoding: 'utf8',
      highWaterMark: 64,
      // as in FileSource: no thread may get the number of a standard descriptor
      autoClose: fd > 2,
    })) {
      text += String(chunk)
      const end = text.indexOf('\n')
      if (end >= 0) return text.slice(0, end)
      if (text.length > COMMIT.length) return text
    }
  } catch (cause) {
    throw new Z3Error('not-committed', `cannot read descriptor ${String(fd)}: ${String(cause)}`, {
      hint: 'Use a pipe that is open for reading.',
      cause,
    })
  }
  return undefined
}
