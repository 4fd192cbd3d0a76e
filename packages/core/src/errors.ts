/**
 * Exit status of every binary but z3-autobackup (docs/exit-status.md). After a signal, the exit
 * status is 128 + its number.
 */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  integrity: 3,
  missing: 4,
  locked: 5,
  unchecked: 6,
} as const

/**
 * The exit status of each error code. Codes are stable: scripts and readers of `--json` may compare
 * them.
 */
const STATUS = {
  // invalid arguments or files; nothing was read or changed
  usage: EXIT.usage,
  config: EXIT.usage,
  'invalid-name': EXIT.usage,
  'invalid-size': EXIT.usage,
  'invalid-metadata': EXIT.usage,
  'send-flags-differ': EXIT.usage,
  'unknown-compressor': EXIT.usage,
  // the store refused, or could not be reached
  'access-denied': EXIT.failed,
  'bad-credentials': EXIT.failed,
  'clock-skew': EXIT.failed,
  'no-such-bucket': EXIT.failed,
  'no-such-upload': EXIT.failed,
  'no-space': EXIT.failed,
  'not-implemented': EXIT.failed,
  'object-archived': EXIT.failed,
  'object-locked': EXIT.failed,
  'sender-failed': EXIT.failed,
  'store-rejected': EXIT.failed,
  'too-many-deletions': EXIT.failed,
  'store-unavailable': EXIT.failed,
  thawing: EXIT.failed,
  'wrong-region': EXIT.failed,
  // the stream
  'empty-input': EXIT.failed,
  'input-failed': EXIT.failed,
  'output-failed': EXIT.failed,
  'not-committed': EXIT.failed,
  'not-mounted': EXIT.failed,
  'producer-failed': EXIT.failed,
  'stream-too-large': EXIT.failed,
  // programs on this host or over ssh
  'lock-failed': EXIT.failed,
  'not-permitted': EXIT.failed,
  'not-restored': EXIT.failed,
  'program-missing': EXIT.failed,
  'ssh-failed': EXIT.failed,
  'stage-failed': EXIT.failed,
  'zfs-failed': EXIT.failed,
  'zfs-unavailable': EXIT.failed,
  // the state differs from what the operation requires
  'broken-chain': EXIT.integrity,
  'corrupt-stream': EXIT.integrity,
  'cut-stream': EXIT.integrity,
  'not-a-stream': EXIT.integrity,
  'unsupported-stream': EXIT.integrity,
  'checksum-mismatch': EXIT.integrity,
  'checksum-missing': EXIT.integrity,
  'dataset-exists': EXIT.integrity,
  'destination-ahead': EXIT.integrity,
  'destination-diverged': EXIT.integrity,
  'destination-modified': EXIT.integrity,
  'encryption-differs': EXIT.integrity,
  'no-common-snapshot': EXIT.integrity,
  'object-changed': EXIT.integrity,
  'object-exists': EXIT.integrity,
  'size-mismatch': EXIT.integrity,
  'snapshot-conflict': EXIT.integrity,
  'stream-mismatch': EXIT.integrity,
  // not found
  'no-such-dataset': EXIT.missing,
  'no-such-file': EXIT.missing,
  'no-such-key': EXIT.missing,
  'no-such-snapshot': EXIT.missing,
  // in use by another run
  locked: EXIT.locked,
  // stored, or perhaps stored, but not verified
  'completed-unchecked': EXIT.unchecked,
  'completion-unknown': EXIT.unchecked,
  'not-locked': EXIT.unchecked,
} as const

export type ErrorCode = keyof typeof STATUS

/** All codes; docs/troubleshooting.md describes each. */
export const ERROR_CODES = Object.keys(STATUS) as readonly ErrorCode[]

/**
 * An expected error. `message` is one line, lower case, without a full stop: what failed and where.
 * `hint` is one sentence that says what to do.
 */
export class Z3Error extends Error {
  override readonly name = 'Z3Error'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.hint = options.hint
  }

  /** The exit status of a process that ends with this error. */
  get exitStatus(): number {
    return STATUS[this.code]
  }
}

/** Errors of a store that every other object and dataset in it would meet, too. */
export const OF_WHOLE_STORE: readonly ErrorCode[] = [
  'bad-credentials',
  'no-such-bucket',
  'store-unavailable',
]
