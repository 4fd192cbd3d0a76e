import { LINE_COMPRESSORS, Z3Error } from '@z3/core'
import { RATE_BUFFER, type LineOptions } from '@z3/replicate'
import { checkBuffer, splitCommand, type MemoryShare } from '@z3/zfs'

/** Names of zfs-autobackup; the others belong to z3-ssh-sync. */
const COMPRESSORS = [...LINE_COMPRESSORS.keys()].filter((name) => !/^(zstd|pigz)$/.test(name))

/** `--compress` without a value. */
const USUAL = 'zstd-fast'

/**
 * Read the options of the filters.
 *
 * @throws Z3Error `usage`
 */
export function readLineOptions(given: {
  readonly compress: string | undefined
  readonly rate: string | undefined
  readonly buffer: string | undefined
  readonly chunk: string | undefined
  readonly send: readonly string[]
  readonly receive: readonly string[]
}): LineOptions {
  const compress = given.compress === '' ? USUAL : given.compress
  if (compress !== undefined && !COMPRESSORS.includes(compress)) {
    throw new Z3Error('usage', `--compress: unknown compressor '${compress}'`, {
      hint: `Use one of ${COMPRESSORS.join(', ')}; write --compress=zstd-fast if a word follows.`,
    })
  }
  const rate = sizeOf('--rate', given.rate)
  const buffer = shareOf(given.buffer) ?? sizeOf('--buffer', given.buffer)
  const chunk = sizeOf('--buffer-chunk-size', given.chunk)
  if (typeof buffer === 'number') checkBuffer(buffer, chunk)
  else if (rate !== undefined && buffer === undefined) {
    checkBuffer(RATE_BUFFER, chunk)
  }
  return {
    compress,
    rate: rate === undefined ? undefined : { bytes: rate, at: 'source' },
    buffer: buffer === undefined ? undefined : { memory: buffer, at: 'both' },
    chunk,
    send: given.send.map(splitCommand),
    receive: given.receive.map(splitCommand),
  }
}

/** mbuffer itself refuses 0 and all of the memory. */
const MOST_PERCENT = 90

function shareOf(text: string | undefined): MemoryShare | undefined {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(text ?? '') ?? []
  if (digits === undefined) return undefined
  const percent = Number(digits)
  if (percent > 0 && percent < MOST_PERCENT) return `${String(percent)}%`
  throw new Z3Error('usage', `--buffer: ${digits}% is out of range`, {
    hint: `Use more than 0% and less than ${String(MOST_PERCENT)}%.`,
  })
}

const UNITS = ['', 'K', 'M', 'G', 'T']

/** A size as mbuffer accepts it, optionally with a fraction: 1.5M, 10k, 512b. */
function sizeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([BKMGT]?)$/.exec(text.toUpperCase()) ?? []
  const power = Math.max(0, UNITS.indexOf(unit))
  const size = Math.ceil(Number(digits) * 1024 ** power)
  if (digits === '' || !Number.isSafeInteger(size)) {
    throw new Z3Error('usage', `${option}: invalid size '${text}'`, {
      hint: 'Use a number and K, M, G or T (powers of 1024): 1.5M, 200M.',
    })
  }
  if (size > 0) return size
  throw new Z3Error('usage', `${option} 0 would send nothing`, {
    hint: 'Use a size such as 10M, or omit the option.',
  })
}
