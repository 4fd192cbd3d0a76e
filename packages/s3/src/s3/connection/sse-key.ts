import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { Z3Error } from '@z3/core'

/** Bytes of an AES-256 key. */
const KEY_BYTES = 32

/** More than a key in base64 with line breaks. */
const LARGEST = 100

/** 32 bytes in base64 (RFC 4648). */
const BASE64 = /^[A-Za-z0-9+/]{43}=\s*$/

const HINT = 'Create a key: (umask 077; openssl rand 32 > FILE)'

/**
 * Read an SSE-C key: 32 raw bytes, or their base64.
 *
 * @param file undefined: none
 * @throws Z3Error `config`: not a key, or a file that others may read
 */
export function readSseKey(file: string | undefined): Uint8Array | undefined {
  if (file === undefined) return undefined
  let bytes: Buffer
  try {
    bytes = readPrivate(file)
  } catch (error) {
    if (error instanceof Z3Error) throw error
    const { message } = error as Error
    throw new Z3Error('config', `cannot read the SSE-C key ${file}: ${message}`, {
      hint: 'Check S3_SSE_C_KEY_FILE.',
      cause: error,
    })
  }
  const text = bytes.toString('latin1')
  const key = BASE64.test(text) ? Buffer.from(text, 'base64') : bytes
  if (key.byteLength === KEY_BYTES) return key
  throw new Z3Error(
    'config',
    `S3_SSE_C_KEY_FILE: ${file} is not a key: 32 bytes, or their base64, are allowed`,
    { hint: HINT },
  )
}

/** @throws Z3Error `config` */
function readPrivate(file: string): Buffer {
  // a FIFO would block
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile() || stats.size > LARGEST) {
      throw new Z3Error('config', `S3_SSE_C_KEY_FILE: ${file} is not a file with a key`, {
        hint: HINT,
      })
    }
    if ((stats.mode & 0o007) !== 0) {
      throw new Z3Error('config', `S3_SSE_C_KEY_FILE: every user has access to ${file}`, {
        hint: `Run 'chmod 600 ${file}'.`,
      })
    }
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
