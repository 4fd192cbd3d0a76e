import { type Command, formatSnapshotName, type SnapshotName, Z3Error } from '@z3/core'
import { getopt, type GivenOption } from '../getopt.js'

/** Where and how to receive a stream. */
export interface ReceiveRequest {
  /** Only a dataset: snapshots keep the names in the stream. */
  readonly name: SnapshotName | Pick<SnapshotName, 'dataset'>
  /** Do not mount the dataset. */
  readonly unmounted?: boolean
  /** Roll back changes since the last snapshot. */
  readonly force?: boolean
  /** Keep partial data after an interruption; check `hasOption` first. */
  readonly resumable?: boolean
  /** Words checked by `checkReceiveOptions`. */
  readonly options?: readonly string[]
}

/** `zfs receive` of one snapshot with a given name, or of several. */
export function receiveCommand({
  name,
  unmounted = false,
  force = false,
  resumable = false,
  options = [],
}: ReceiveRequest): Command {
  return {
    file: 'zfs',
    args: [
      'receive',
      ...(unmounted ? ['-u'] : []),
      ...(force ? ['-F'] : []),
      ...(resumable ? ['-s'] : []),
      ...options,
      'snapshot' in name ? formatSnapshotName(name) : name.dataset,
    ],
  }
}

/** Flags that users may add: they affect neither the received data nor its destination. */
const FLAGS = ['u', 's', 'h', 'M', 'v']
const WITH_VALUE = ['o', 'x']

/** Known flags that are refused, and why. */
const REFUSED: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  n: ['it receives nothing', 'Use --dry-run to see what would run.'],
  d: ['it changes the destination', 'Name the dataset itself.'],
  e: ['it changes the destination', 'Name the dataset itself.'],
  A: ['it aborts an interrupted receive instead of receiving', "Run 'zfs receive -A' separately."],
  c: ['it repairs a snapshot instead of receiving one', "Run 'zfs receive -c' by itself."],
  F: ['it rolls the dataset back', 'Use --force, which reports what will be lost.'],
}

/**
 * Check a user's words for `zfs receive` before anything is run: none may change what is received,
 * or where, contrary to the plan.
 *
 * @throws Z3Error `usage`
 */
export function checkReceiveOptions(words: readonly string[]): void {
  for (const { letter, value } of parseReceiveOptions(words)) {
    if (letter === '') {
      throw usage(
        `receive option ${JSON.stringify(value)} is not an option`,
        'Give each word separately: -o, then property=value.',
      )
    }
    if (WITH_VALUE.includes(letter)) checkProperty(letter, value)
    else if (!FLAGS.includes(letter)) throw refused(letter)
  }
}

/**
 * Parse words as `zfs receive` does: getopt with `:o:x:dehMnuvFsAc` (zfs_do_receive).
 *
 * @returns the options; a word that is not an option has an empty letter
 */
export function parseReceiveOptions(words: readonly string[]): readonly GivenOption[] {
  const { given, rest } = getopt(words, (letter) => WITH_VALUE.includes(letter))
  const [word, ...others] = rest
  return word === undefined
    ? given
    : [...given, { letter: '', value: word }, ...parseReceiveOptions(others)]
}

function checkProperty(letter: string, value: string | undefined): void {
  const form = letter === 'o' ? /^[^\s=]+=\P{Cc}*$/u : /^[^\s=]+$/
  if (value === undefined || !form.test(value)) throw malformed(letter, value)
}

function refused(letter: string): Z3Error {
  const [why, hint] = REFUSED[letter] ?? [
    'unknown option',
    `Allowed: -${[...FLAGS, ...WITH_VALUE].join(', -')}.`,
  ]
  return usage(`receive option ${JSON.stringify(`-${letter}`)} is not allowed: ${why}`, hint)
}

function malformed(letter: string, value: string | undefined): Z3Error {
  const wanted = letter === 'o' ? 'property=value' : 'a property name'
  return usage(
    `receive option -${letter} needs ${wanted}, not ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
    `Use two words: -${letter}, then ${wanted}.`,
  )
}

function usage(message: string, hint: string): Z3Error {
  return new Z3Error('usage', message, { hint })
}
