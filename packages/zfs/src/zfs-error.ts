import { Z3Error, type ErrorCode } from '@z3/core'
import { allowCommand } from './allow.js'

/** A failed zfs command. */
export interface ZfsFailureFacts {
  /** Arguments without `zfs`. */
  readonly args: readonly string[]
  /** Its stderr, or the last lines of it, in the C locale. */
  readonly stderr: string
  /** Exit status; null if a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The user it ran as, for the `zfs allow` hint. */
  readonly user: string
  /** The host, for messages; undefined: this one. */
  readonly host?: string | undefined
}

/** Cause of what `zfsError` returns: the complete output. */
class ZfsFailure extends Error {
  override readonly name = 'ZfsFailure'
  readonly stderr: string

  constructor({ args, stderr, code, signal, host }: ZfsFailureFacts) {
    super(
      `${host === undefined ? '' : `${host}: `}zfs ${args.join(' ')}: ${signal ?? `exit status ${String(code)}`}: ${stderr}`,
    )
    this.stderr = stderr
  }
}

interface Rule {
  /** Matched against stderr; names cannot contain quotes or newlines. */
  readonly pattern: RegExp
  readonly code: ErrorCode
  /** Default: the message of zfs. */
  readonly message?: (match: RegExpExecArray) => string
  readonly hint: (facts: ZfsFailureFacts) => string
}

/**
 * Messages of OpenZFS 0.6 to 2.3 and of zfs-fuse 0.7: libzfs_util.c (`libzfs_error_description`,
 * `libzfs_error_init`), libzfs_sendrecv.c. The first match is used.
 */
const RULES: readonly Rule[] = [
  {
    // sudo 1.9; 1.8 and older
    pattern:
      /^sudo: (?:a (?:password|terminal) is required|no tty present|sorry, you must have a tty)|^\S+ is not (?:in the sudoers file|allowed to run sudo)/m,
    code: 'not-permitted',
    message: () => 'sudo requires a password or does not permit zfs',
    hint: ({ user }) => sudoHint(user),
  },
  {
    // the device of the kernel module, and the socket of zfs-fuse
    pattern:
      /^(?:Permission denied the ZFS utilities must be run as root|connect: Permission denied$)/m,
    code: 'not-permitted',
    message: () => 'permission denied on the zfs device',
    hint: () => 'Run as root, or let this user read and write /dev/zfs.',
  },
  {
    pattern:
      /^(The ZFS modules (are not loaded|cannot be auto-loaded)|\/dev\/zfs and \/proc\S* are required|The \/dev\/zfs device is missing|Unable to open \/dev\/zfs|Failed to (load ZFS module stack|initialize the libzfs library)|internal error: failed to initialize ZFS library)/m,
    code: 'zfs-unavailable',
    message: ([line]) => `zfs cannot reach its kernel module: ${line}`,
    hint: () =>
      "Load it with 'modprobe zfs' (Linux) or 'kldload zfs' (FreeBSD), or start its service.",
  },
  {
    pattern: /^cannot (?:un)?mount '.*': .*permission denied$/im,
    code: 'not-permitted',
    hint: () => 'Run as root: on Linux only root can mount and unmount.',
  },
  {
    // the second message is from zfs diff
    pattern: /: permission denied$|^The diff delegated permission is needed/m,
    code: 'not-permitted',
    hint: ({ args, stderr, user }) => {
      if (user === 'root') {
        return 'The user is root: check for a container or a read-only pool.'
      }
      // a token does not name the snapshot, but the error does
      const resumed = /cannot send '([^']*)'/.exec(stderr)?.[1]
      const allow =
        args[0] === 'send' && resumed !== undefined && args.includes('-t')
          ? allowCommand(['send', resumed], user)
          : allowCommand(args, user)
      return allow === undefined ? 'Run as root.' : `Run as root, or let root run once: ${allow}`
    },
  },
  {
    pattern: /^cannot open '([^'@]*)': (?:dataset does not exist|no such pool .*)$/m,
    code: 'no-such-dataset',
    message: ([, name]) => `dataset '${String(name)}' does not exist`,
    hint: () => "List datasets with 'zfs list'; an exported pool must be imported first.",
  },
  {
    pattern:
      /^cannot (?:create '([^']*)': parent|receive .*: destination '([^']*)') does not exist$/m,
    code: 'no-such-dataset',
    message: ([, child, destination]) =>
      destination === undefined
        ? `the parent of '${String(child)}' does not exist`
        : `dataset '${destination}' does not exist`,
    hint: () => "List datasets with 'zfs list'.",
  },
  {
    pattern:
      /^(?:cannot (?:open|hold snapshot|release hold from snapshot) '([^']*@[^']*)': dataset|WARNING: could not send (\S.*@.*):) does not exist$/m,
    code: 'no-such-snapshot',
    message: ([, name, old]) => `snapshot '${name ?? String(old)}' does not exist`,
    hint: () => "List snapshots with 'zfs list -t snapshot'.",
  },
  {
    pattern:
      /^cannot (?:rename|receive) .*(?:dataset already exists|destination '[^']*' exists|destination has snapshots .*)$/m,
    code: 'dataset-exists',
    hint: () => 'Choose another name, or rename the existing one.',
  },
  {
    pattern: /^cannot create snapshot '[^']*': dataset already exists$/m,
    code: 'zfs-failed',
    hint: () =>
      'Another run used the same name, or the name format is too coarse. No snapshot of this pool was taken: retry later.',
  },
  {
    pattern: /^cannot receive .* has been modified$/m,
    code: 'destination-modified',
    hint: () =>
      "Use --rollback (z3 restore: --force) to discard what was written since the newest snapshot ('zfs receive -F').",
  },
  {
    pattern: /^cannot receive .*most recent snapshot of .* does not$/m,
    code: 'no-common-snapshot',
    hint: () => 'The newest snapshot of the destination must be the parent of the stream.',
  },
  {
    pattern: /: (?:out of space|.*quota exceeded\.?)$/m,
    code: 'zfs-failed',
    hint: () => 'Free space in the pool, or raise the quota of the dataset.',
  },
  {
    pattern: /(?:dataset|target) is busy\.?$/m,
    code: 'zfs-failed',
    hint: () =>
      "Stop the processes that use the dataset ('fuser -vm MOUNTPOINT' lists them), or wait for the other zfs command, then retry.",
  },
  {
    pattern: /: (?:dataset|inherited) key must be loaded\.?$/m,
    code: 'zfs-failed',
    hint: ({ args }) =>
      args[0] === 'receive'
        ? "Load the key of the parent dataset at the destination with 'zfs load-key', or send raw with --raw."
        : "Load the key with 'zfs load-key', or send raw with --raw.",
  },
  {
    pattern: /cannot perform raw receive on top of existing unencrypted dataset/,
    code: 'zfs-failed',
    hint: () =>
      'The destination was received decrypted: use --decrypt as before (z3-ssh-sync: omit --raw), or choose another destination.',
  },
  {
    pattern: /pool must be upgraded to receive this stream/,
    code: 'zfs-failed',
    hint: () =>
      "The receiving pool lacks a feature that the stream uses: enable it with 'zpool upgrade', or omit -L, -e and -c of zfs send.",
  },
  {
    pattern: /partially-complete state from "zfs receive -s"/,
    code: 'zfs-failed',
    hint: () =>
      "Another receive is running or was interrupted: wait for it, or discard its data with 'zfs receive -A'.",
  },
  {
    pattern: /^invalid option /m,
    code: 'zfs-failed',
    hint: () => 'The installed zfs is too old.',
  },
]

/** Maximum length of zfs output in a message, characters. */
const MAX_SUMMARY = 500

/**
 * The error for a failed zfs command, from its stderr. The message may contain names from others:
 * escape it for output.
 *
 * @returns Z3Error `no-such-dataset`, `no-such-snapshot`, `not-permitted`, `zfs-unavailable`,
 *   `dataset-exists`, `destination-modified`, `no-common-snapshot`, else `zfs-failed`
 */
export function zfsError(facts: ZfsFailureFacts): Z3Error {
  const cause = new ZfsFailure(facts)
  const where = facts.host === undefined ? '' : `${facts.host}: `
  for (const { pattern, code, message, hint } of RULES) {
    const match = pattern.exec(facts.stderr)
    if (match) {
      return new Z3Error(code, where + (message?.(match) ?? summary(facts)), {
        hint: hint(facts),
        cause,
      })
    }
  }
  return new Z3Error('zfs-failed', where + summary(facts), { cause })
}

/** The hint if `sudo -n zfs` does not work. */
export function sudoHint(user: string): string {
  return `Add '${user} ALL=(root) NOPASSWD: /usr/sbin/zfs' (with the path of zfs on that host) to sudoers with visudo, or grant permissions with zfs allow and use --no-sudo.`
}

/** The option letter that this zfs does not know, if that is why a command failed. */
export function invalidOption(error: unknown): string | undefined {
  return matchStderr(error, /^invalid option '(.)'/m)
}

/** The property that this zfs does not know, if that is why a command failed. */
export function invalidProperty(error: unknown): string | undefined {
  return matchStderr(error, /^bad property list: invalid property '([^']*)'/m)
}

/** The complete stderr of a failed zfs; undefined for other errors. */
export function stderrOf(error: unknown): string | undefined {
  return error instanceof Z3Error && error.cause instanceof ZfsFailure
    ? error.cause.stderr
    : undefined
}

function matchStderr(error: unknown, pattern: RegExp): string | undefined {
  const stderr = stderrOf(error)
  return stderr === undefined ? undefined : pattern.exec(stderr)?.[1]
}

/** One line of a command's output, without the usage text. */
function summary({ args, stderr, code, signal }: ZfsFailureFacts): string {
  const how = signal ? `was killed by ${signal}` : `exited ${String(code)}`
  const [said = ''] = stderr.split(/^usage:/m)
  const lines = said.split('\n').map((line) => line.trim())
  const text = lines
    .filter((line) => line !== '')
    // a new message, or a wrapped line
    .map((line) => (/^(cannot|warning|[A-Z])/.test(line) ? '; ' : ' ') + line)
    .join('')
    .replace(/^(; | )/, '')
    .replace(/\.$/, '')
  const short = text.length > MAX_SUMMARY ? `${text.slice(0, MAX_SUMMARY)}…` : text
  return `zfs ${String(args[0])} ${how}${short === '' ? '' : `: ${short}`}`
}
