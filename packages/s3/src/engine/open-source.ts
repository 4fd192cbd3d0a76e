import { fstatSync, type Stats } from 'node:fs'
import { Z3Error } from '@z3/core'
import { FileSource } from './file-source.js'
import { PipeSource } from './pipe-source.js'
import type { Source } from './source.js'

/**
 * Choose the reader for a file descriptor.
 *
 * @throws Z3Error `usage` if it is not open for reading
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
      hint: 'Redirect an input to it, or use another --file-descriptor.',
      cause,
    })
  }
  if (stat.isDirectory()) {
    throw new Z3Error('usage', 'the input is a directory', {
      hint: 'Use a stream (zfs send, tar) or a file as input.',
    })
  }
  return stat
}
