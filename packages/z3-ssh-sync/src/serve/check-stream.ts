import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readSync, writeSync } from 'node:fs'
import type { Io } from '@z3/cli'
import { Z3Error } from '@z3/core'
import { REFUSED } from './policy.js'

/** Pause before retrying a non-blocking descriptor, ms. */
const PAUSE = 10

/**
 * A stage before `zfs receive`: passes a stream only if it contains a single snapshot. Reads the
 * first record itself, `cat` copies the rest.
 *
 * @returns the exit status
 */
export async function checkStream({ stderr, signal }: Io): Promise<number> {
  const header = readHeader()
  // zfs itself reports an empty or truncated stream
  if (header.length === HEADER_BYTES && !isSingle(header)) {
    stderr.write(
      'z3-ssh-sync serve: not allowed: a stream of several snapshots or with properties (zfs send -R, -I, -p), as root; send one snapshot at a time, as z3-ssh-sync --step does\n',
    )
    return REFUSED
  }
  for (let at = 0; at < header.length;) at += writeSync(1, header, at)
  const child = spawn('cat', [], { stdio: 'inherit', signal })
  try {
    await once(child, 'close')
  } catch (cause) {
    signal.throwIfAborted()
    throw new Z3Error('program-missing', "command not found: 'cat'", {
      cause,
    })
  }
  return child.exitCode ?? 1
}

/** @returns less than a record if the input ends before */
function readHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  let length = 0
  while (length < HEADER_BYTES) {
    const count = readSome(header, length)
    if (count === 0) break
    length += count
  }
  return header.subarray(0, length)
}

function readSome(header: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(0, header, at, HEADER_BYTES - at, null)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      if (error.code === 'EOF') return 0
      if (error.code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
}

/** Size of the first record of a stream, bytes: sizeof (dmu_replay_record_t). */
export const HEADER_BYTES = 312

/** DMU_BACKUP_MAGIC. */
const MAGIC = 0x2f5bacbacn

/** Offsets in the record: drr_type, drr_begin.drr_magic, drr_begin.drr_versioninfo. */
const TYPE = 0
const MAGIC_AT = 8
const VERSION_INFO = 16

/** DRR_BEGIN */
const BEGIN = 0

/** DMU_SUBSTREAM, in the lowest two bits of drr_versioninfo. */
const SUBSTREAM = 1n

/**
 * Whether a stream contains a single snapshot without properties, and is not a compound stream of
 * `zfs send` -R, -I or -p. For compound streams, `zfs receive` itself renames and destroys
 * snapshots and datasets, and sets properties, anywhere below its target (zfs_receive_package of
 * libzfs_sendrecv.c). Any other stream goes to the kernel module up to its end, and no further
 * record is read. Layout: zfs_ioctl.h. A stream has the byte order of the sending host.
 *
 * @param header the first bytes of a stream
 */
export function isSingle(header: Buffer): boolean {
  if (header.length < HEADER_BYTES) return false
  const isLittle = header.readBigUInt64LE(MAGIC_AT) === MAGIC
  if (!isLittle && header.readBigUInt64BE(MAGIC_AT) !== MAGIC) return false
  const info = isLittle
    ? header.readBigUInt64LE(VERSION_INFO)
    : header.readBigUInt64BE(VERSION_INFO)
  // zero is the same in either byte order
  return header.readUInt32LE(TYPE) === BEGIN && (info & 3n) === SUBSTREAM
}
