import { availableParallelism } from 'node:os'
import { sizeFlag, usageError, type Arguments } from '@z3/cli'
import { spec } from './command-line.js'
import type { Settings } from './settings.js'

/** Threads without --parallel: more do not help a disk. */
const MOST_THREADS = 4

export interface CheckOptions {
  readonly target: string
  /** undefined: write a list. */
  readonly check: { readonly file: string | undefined } | undefined
  readonly settings: Settings
}

/**
 * Parse the options.
 *
 * @throws Z3Error `usage`
 */
export function readOptions(args: Arguments<typeof spec.options>): CheckOptions {
  const [target = ''] = args.operands
  if (target === '') throw usageError(spec, 'TARGET is empty')
  const blockSize = sizeFlag('--block-size', args['block-size'])
  const chunkSize = blockSize * number('--count', args.count, 1)
  if (blockSize === 0 || !Number.isSafeInteger(chunkSize)) {
    throw usageError(spec, '--block-size and --count: a chunk needs 1 to 2^53 bytes')
  }
  const { check, parallel } = args
  return {
    target,
    check:
      check === undefined ? undefined : { file: ['', '-'].includes(check) ? undefined : check },
    settings: {
      blockSize,
      chunkSize,
      skip: number('--skip', args.skip, 0),
      parallel:
        parallel === undefined
          ? Math.min(availableParallelism(), MOST_THREADS)
          : number('--parallel', parallel, 1, 64),
    },
  }
}

function number(flag: string, text: string, least: number, most = 1_000_000_000): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw usageError(
    spec,
    `${flag}: '${text}' is not a number from ${String(least)} to ${String(most)}`,
  )
}
