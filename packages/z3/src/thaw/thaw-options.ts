import { usageError } from '@z3/cli'
import { THAW_TIERS, Z3Error, type ThawTier } from '@z3/core'
import type { ObjectStore } from '@z3/s3'

/** Options of commands that read from an archive. */
export const thawOptions = {
  thaw: {
    type: 'string',
    choices: THAW_TIERS,
    requiresArg: true,
    value: 'TIER',
    group: 'Archive',
    describe: 'Thaw archived objects first (S3 Glacier): standard, bulk or expedited',
  },
  'thaw-days': {
    type: 'string',
    requiresArg: true,
    value: 'N',
    group: 'Archive',
    describe: 'Days to keep the thawed copies (default: 7)',
  },
  wait: {
    type: 'boolean',
    group: 'Archive',
    describe: 'With --thaw: wait until all objects are thawed, then continue',
  },
} as const

/** What the command line says of archived objects. */
export interface ThawArguments {
  readonly thaw?: string | undefined
  readonly 'thaw-days'?: string | undefined
  readonly wait?: boolean | undefined
}

/** How archived objects are thawed. */
export interface Thaw {
  readonly tier: ThawTier
  readonly days: number
  /** Wait until they are thawed. */
  readonly waits: boolean
}

const DEFAULT_DAYS = 7

/**
 * @param name of the command
 * @returns undefined: archived objects are not thawed
 * @throws Z3Error `usage`
 */
export function readThaw(args: ThawArguments, name: string): Thaw | undefined {
  const { thaw, 'thaw-days': days, wait = false } = args
  const tier = THAW_TIERS.find((one) => one === thaw)
  if (tier === undefined) {
    const alone = wait ? '--wait' : days === undefined ? undefined : '--thaw-days'
    if (alone === undefined) return undefined
    throw usageError({ name }, `${alone} requires --thaw`)
  }
  // the thawed copies are billed
  if (days !== undefined && !/^[1-9]\d{0,3}$/.test(days)) {
    throw usageError({ name }, `--thaw-days: '${days}' is not a number from 1 to 9999`)
  }
  return { tier, days: days === undefined ? DEFAULT_DAYS : Number(days), waits: wait }
}

/** @throws Z3Error `config` where the store has no archive */
export function checkThaws({ title, thaw }: ObjectStore, options: Thaw | undefined): void {
  if (!options || thaw) return
  throw new Z3Error('config', `--thaw: ${title} has no archive`, { hint: 'Omit --thaw.' })
}
