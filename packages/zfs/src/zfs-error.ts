import { Z3Error, type ErrorCode } from '@z3/core'
import { allowCommand } from './allow.js'

/** How a zfs command failed. */
export interface ZfsFailureFacts {
  /** Its arguments, without the `zfs`. */
  readonly args: readonly string[]
  /** What it wrote to stderr, or the last lines of it, in the locale C. */
  readonly stderr: string
  /** Its exit status; null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whom it ran as, for the `zfs allow` that would do. */
  readonly user: string
  /** Where it ran, for messages; undefined: here. */
  readonly host?: string | undefined
}

/** The cause of what `zfsError` returns: all that zfs said. */
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
  /** Held against stderr; names in it cannot have quotes or line ends. */
  readonly pattern: RegExp
  readonly code: ErrorCode
  /** Default: what zfs said. */
  readonly message?: (match: RegExpExecArray) => string
  readonly hint: (facts: ZfsFailureFacts) => string
}

/**
 * The words of OpenZFS 0.6 to 2.3 and of zfs-fuse 0.7: libzfs_util.c
 * (`libzfs_error_description`, `libzfs_error_init`), libzfs_sendrecv.c. The
 * first that matches counts.
 */
const RULES: readonly Rule[] = [
  {
    // of sudo 1.9, and of 1.8 and before
    pattern:
      /^sudo: (?:a (?:password|terminal) is required|no tty present|sorry, you must have a tty)|^\S+ is not (?:in the sudoers file|allowed to run sudo)/m,
    code: 'not-permitted',
    message: () => 'sudo wants a password, or does not let us run zfs',
    hint: ({ user }) => sudoHint(user),
  },
  {
    // the device of a module, and the socket of zfs-fuse
    pattern:
      /^(?:Permission denied the ZFS utilities must be run as root|connect: Permission denied$)/m,
    code: 'not-permitted',
    message: () => 'zfs does not let this user in at all',
    hint: () => 'Run as root, or let others read and write /dev/zfs.',
  },
  {
    pattern:
      /^(The ZFS modules (are not loaded|cannot be auto-loaded)|\/dev\/zfs and \/proc\S* are required|The \/dev\/zfs device is missing|Unable to open \/dev\/zfs|Failed to (load ZFS module stack|initialize the libzfs library)|internal error: failed to initialize ZFS library)/m,
    code: 'zfs-unavailable',
    message: ([line]) => `zfs does not reach its module: ${line}`,
    hint: () =>
      "Load it with 'modprobe zfs' (Linux) or 'kldload zfs' (FreeBSD); where it runs as a service, start that.",
  },
  {
    pattern: /^cannot (?:un)?mount '.*': .*permission denied$/im,
    code: 'not-permitted',
    hint: () => 'On Linux only root mounts and unmounts: run as root.',
  },
  {
    // the second is zfs diff's
    pattern: /: permission denied$|^The diff delegated permission is needed/m,
    code: 'not-permitted',
    hint: ({ args, stderr, user }) => {
      if (user === 'root') {
        return 'This is root already: look for a container around it, or a read-only pool.'
      }
      // a token does not name what it sends, but the error does
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
    hint: () =>
      "Look with 'zfs list'; the datasets of a pool that is not imported are not there either.",
  },
  {
    pattern:
      /^cannot (?:create '([^']*)': parent|receive .*: destination '([^']*)') does not exist$/m,
    code: 'no-such-dataset',
    message: ([, child, destination]) =>
      destination === undefined
        ? `what '${String(child)}' would be in does not exist`
        : `dataset '${destination}' does not exist`,
    hint: () => "Look with 'zfs list'.",
  },
  {
    pattern:
      /^(?:cannot (?:open|hold snapshot|release hold from snapshot) '([^']*@[^']*)': dataset|WARNING: could not send (\S.*@.*):) does not exist$/m,
    code: 'no-such-snapshot',
    message: ([, name, old]) => `snapshot '${name ?? String(old)}' does not exist`,
    hint: () => "Look with 'zfs list -t snapshot'.",
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
      'Another run was at it in the same second, or the format of the names is too coarse: none of this pool was taken, run again later.',
  },
  {
    pattern: /^cannot receive .* has been modified$/m,
    code: 'destination-modified',
    hint: () =>
      "Use --rollback (z3 restore: --force), which gives up what was written to it since its newest snapshot ('zfs receive -F').",
  },
  {
    pattern: /^cannot receive .*most recent snapshot of .* does not$/m,
    code: 'no-common-snapshot',
    hint: () => 'Its newest snapshot must be the one that the stream starts from.',
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
        ? "Load the key of the parent at the destination with 'zfs load-key', or send raw with --raw."
        : "Load it with 'zfs load-key', or send raw with --raw.",
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
      "The pool that receives lacks a feature which the stream uses: enable it with 'zpool upgrade', or leave out the flags -L, -e and -c of zfs send.",
  },
  {
    pattern: /partially-complete state from "zfs receive -s"/,
    code: 'zfs-failed',
    hint: () =>
      "A receive into it is at work, or was interrupted: wait for its end, or let 'zfs receive -A' drop what it has saved.",
  },
  {
    pattern: /^invalid option /m,
    code: 'zfs-failed',
    hint: () => 'The installed zfs is too old for it.',
  },
]

/** The most of what zfs said that goes into one line of ours, characters. */
const MAX_SUMMARY = 500

/**
 * What went wrong in a zfs command, from what it wrote to stderr. The text may
 * hold what others named datasets: escape it when it is printed.
 *
 * @returns Z3Error `no-such-dataset`, `no-such-snapshot`, `not-permitted`,
 *   `zfs-unavailable`, `dataset-exists`, `destination-modified`,
 *   `no-common-snapshot`, else `zfs-failed`
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

/** What to do where `sudo -n zfs` does not work. */
export function sudoHint(user: string): string {
  return `Put '${user} ALL=(root) NOPASSWD: /usr/sbin/zfs' (where zfs is there) into sudoers with visudo, or let root permit with zfs allow what is needed and use --no-sudo.`
}

/**
 * The option, a letter, that this zfs does not have, when that is why a command
 * failed.
 */
export function invalidOption(error: unknown): string | undefined {
  return matchStderr(error, /^invalid option '(.)'/m)
}

/** The property that this zfs does not have, when that is why it failed. */
export function invalidProperty(error: unknown): string | undefined {
  return matchStderr(error, /^bad property list: invalid property '([^']*)'/m)
}

/** All that zfs said before it failed; undefined for other errors. */
export function stderrOf(error: unknown): string | undefined {
  return error instanceof Z3Error && error.cause instanceof ZfsFailure
    ? error.cause.stderr
    : undefined
}

function matchStderr(error: unknown, pattern: RegExp): string | undefined {
  const stderr = stderrOf(error)
  return stderr === undefined ? undefined : pattern.exec(stderr)?.[1]
}

/** One line of what a command said, without the usage text. */
function summary({ args, stderr, code, signal }: ZfsFailureFacts): string {
  const how = signal ? `was killed by ${signal}` : `exited ${String(code)}`
  const [said = ''] = stderr.split(/^usage:/m)
  const lines = said.split('\n').map((line) => line.trim())
  const text = lines
    .filter((line) => line !== '')
    // a new message, else one that was wrapped
    .map((line) => (/^(cannot|warning|[A-Z])/.test(line) ? '; ' : ' ') + line)
    .join('')
    .replace(/^(; | )/, '')
    .replace(/\.$/, '')
  const short = text.length > MAX_SUMMARY ? `${text.slice(0, MAX_SUMMARY)}…` : text
  return `zfs ${String(args[0])} ${how}${short === '' ? '' : `: ${short}`}`
}
