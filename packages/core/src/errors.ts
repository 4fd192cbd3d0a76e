/**
 * Exit status of every binary but z3-autobackup (docs/exit-status.md). A run
 * that a signal ended exits 128 + the signal's number.
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
 * The one table from an error's code to the exit status. A code is stable: it
 * is what scripts and `--json` readers may compare.
 */
const STATUS = {
  // the caller's words or files are off; nothing was read or changed
  usage: EXIT.usage,
  config: EXIT.usage,
  'invalid-name': EXIT.usage,
  'invalid-size': EXIT.usage,
  'invalid-metadata': EXIT.usage,
  'send-flags-differ': EXIT.usage,
  'unknown-compressor': EXIT.usage,
  // the store said no, or could not be reached
  'access-denied': EXIT.failed,
  'bad-credentials': EXIT.failed,
  'clock-skew': EXIT.failed,
  'no-such-bucket': EXIT.failed,
  'no-such-upload': EXIT.failed,
  'no-space': EXIT.failed,
  'not-implemented': EXIT.failed,
  'object-archived': EXIT.failed,
  'store-rejected': EXIT.failed,
  'too-many-deletions': EXIT.failed,
  'store-unavailable': EXIT.failed,
  'wrong-region': EXIT.failed,
  // the stream
  'empty-input': EXIT.failed,
  'input-failed': EXIT.failed,
  'output-failed': EXIT.failed,
  'not-committed': EXIT.failed,
  'not-mounted': EXIT.failed,
  'producer-failed': EXIT.failed,
  'stream-too-large': EXIT.failed,
  // programs of this host, or of one that is reached over ssh
  'lock-failed': EXIT.failed,
  'not-permitted': EXIT.failed,
  'not-restored': EXIT.failed,
  'program-missing': EXIT.failed,
  'ssh-failed': EXIT.failed,
  'stage-failed': EXIT.failed,
  'zfs-failed': EXIT.failed,
  'zfs-unavailable': EXIT.failed,
  // what is there is not what should be there
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
  // what was asked for is not there
  'no-such-dataset': EXIT.missing,
  'no-such-key': EXIT.missing,
  'no-such-snapshot': EXIT.missing,
  // another run is at it
  locked: EXIT.locked,
  // it stands, or may stand, and nobody has seen that it is right
  'completed-unchecked': EXIT.unchecked,
  'completion-unknown': EXIT.unchecked,
} as const

export type ErrorCode = keyof typeof STATUS

/**
 * An error that we expected could happen. `message` is one line, lower case,
 * without a full stop: what failed and where. `hint` is one sentence: what to
 * do about it.
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

  /** The status that a process which ends with this error exits with. */
  get exitStatus(): number {
    return STATUS[this.code]
  }
}
