import { fstatSync, type Stats } from 'node:fs'
import { Z3Error } from '@z3/core'
import { FileSource } from './file-source.js'
import { PipeSource } from './pipe-source.js'
import type { Source } from './source.js'

/**
 * Read a file descriptor by the way that suits it.
 *
 * @throws Z3Error `usage` when it is not open for reading
 */
export function openSource(fd: number): Source {
  const stat = statDescriptor(fd)
  return stat.isFIFO() || stat.isSocket() ? new PipeSource(fd) : new FileSource(fd)
}

function statDescriptor(fd: number): Stats {
  let stat: Stats
  try {
    stat = fstatSync(fd)
  } catch (cause) {
    throw new Z3Error('usage', `file descriptor ${String(fd)} is not open`, {
      hint: 'Redirect something into it, or give another --file-descriptor.',
      cause,
    })
  }
  if (stat.isDirectory()) {
    throw new Z3Error('usage', 'the input is a directory', {
      hint: 'Give a stream: zfs send, tar, or a file.',
    })
  }
  return stat
}
