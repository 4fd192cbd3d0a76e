import { type Command, formatSnapshotName, type SnapshotName, Z3Error } from '@z3/core'
import { getopt, type GivenOption } from '../getopt.js'

/** What a stream becomes. */
export interface ReceiveRequest {
  /** A dataset alone: snapshots get the names that the stream has for them. */
  readonly name: SnapshotName | Pick<SnapshotName, 'dataset'>
  /** Do not mount it. */
  readonly unmounted?: boolean
  /** Roll back what was changed since the last snapshot. */
  readonly force?: boolean
  /** Keep what has arrived when it is interrupted; ask `hasOption` first. */
  readonly resumable?: boolean
  /** Words that `checkReceiveOptions` has passed. */
  readonly options?: readonly string[]
}

/** `zfs receive` of one snapshot under a name of our choice, or of several. */
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

/** Flags that a user may add: they change neither what is received nor where. */
const FLAGS = ['u', 's', 'h', 'M', 'v']
const WITH_VALUE = ['o', 'x']

/** Those that we know and do not pass on, and why. */
const REFUSED: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  n: ['it would receive nothing', 'Use --dry-run to see what would run.'],
  d: ['it changes the name that is received into', 'Name the dataset itself.'],
  e: ['it changes the name that is received into', 'Name the dataset itself.'],
  A: [
    'it receives nothing and drops what an interrupted receive has saved',
    "Run 'zfs receive -A' by itself.",
  ],
  c: ['it repairs a snapshot in place of receiving one', "Run 'zfs receive -c' by itself."],
  F: ['it rolls the dataset back', 'Use --force, which says what is lost.'],
}

/**
 * Check words that a user wants passed to `zfs receive`, before anything runs:
 * none may change what is received, or where, behind the back of a plan.
 *
 * @throws Z3Error `usage`
 */
export function checkReceiveOptions(words: readonly string[]): void {
  for (const { letter, value } of parseReceiveOptions(words)) {
    if (letter === '') {
      throw usage(
        `receive option ${JSON.stringify(value)} is not an option`,
        'Give each word of its own: -o, then property=value.',
      )
    }
    if (WITH_VALUE.includes(letter)) checkProperty(letter, value)
    else if (!FLAGS.includes(letter)) throw refused(letter)
  }
}

/**
 * Read words as `zfs receive` does, by getopt with `:o:x:dehMnuvFsAc` (zfs_do_receive).
 *
 * @returns the options; a word that is none has an empty letter
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
    'it is none that we know',
    `Those are -${[...FLAGS, ...WITH_VALUE].join(', -')}.`,
  ]
  return usage(`receive option ${JSON.stringify(`-${letter}`)} is not passed on: ${why}`, hint)
}

function malformed(letter: string, value: string | undefined): Z3Error {
  const wanted = letter === 'o' ? 'property=value' : 'the name of a property'
  return usage(
    `receive option -${letter} needs ${wanted}, not ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
    `Write -${letter}, then ${wanted}, as two words.`,
  )
}

function usage(message: string, hint: string): Z3Error {
  return new Z3Error('usage', message, { hint })
}
