import type { IoError } from '@z3/fixtures'
import type { NetworkFault } from '../soak/fault-proxy.js'

/** What is run, and from which state. */
export type Scene =
  | 'backup: full'
  | 'backup: increment'
  | 'backup: overwriting'
  | 'backup: encrypted'
  | 'backup: to a directory'
  | 'restore: new'
  | 'restore: increment'
  | 'restore: replacing'
  | 'restore: encrypted'
  | 'verify'
  | 'sync: push'
  | 'sync: push increment'
  | 'sync: pull'

/** Which request of a run. */
export type RequestKind =
  | 'list'
  | 'list uploads'
  | 'head'
  | 'create'
  | 'part'
  | 'complete'
  /** A look at the object after Complete. */
  | 'check'
  /** Of a manifest. */
  | 'put'
  | 'get'
  | 'get manifest'

/** A process of a run. `job`: all of them, as from Ctrl-C. */
export type Receiver =
  | 'program'
  | 'job'
  | 'zfs send'
  | 'zfs receive'
  | 'zstream-verify'
  | 'pigz'
  | 'age'
  | 'pput'
  | 'z3-get'
  | 'ssh'
  | 'remote zfs send'
  | 'remote zfs receive'
  | 'remote sshd'

/** A moment that a run is held at. */
export type Moment =
  /** So much of the stream has passed a program of this host. */
  | { readonly at: 'zfs send' | 'zfs receive'; readonly bytes: number }
  | {
      readonly at: RequestKind
      readonly nth: number
      readonly when: 'before' | 'half' | 'after'
    }

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGKILL'

/** What another program does at a moment. */
export type Deed =
  | 'replaces the object'
  | 'deletes the object'
  | 'deletes the parent'
  | 'stores the same key'
  | 'aborts all uploads'
  | 'runs the same command'

/** A place that is full, or that nothing can be written to. */
export type FullPlace =
  'cache' | 'state' | 'temporary files' | 'stdout' | 'stderr' | 'store' | 'pool'

export type Fault =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'network'
      readonly fault: NetworkFault
      readonly at: RequestKind
      readonly times: number
    }
  | {
      readonly kind: 'signal'
      readonly signal: Signal
      readonly to: Receiver
      readonly moment: Moment
    }
  | { readonly kind: 'deed'; readonly deed: Deed; readonly moment: Moment }
  | { readonly kind: 'full'; readonly place: FullPlace }
  | { readonly kind: 'io'; readonly error: IoError }
  | { readonly kind: 'dns'; readonly from: number; readonly times: number }
  | { readonly kind: 'clock'; readonly days: number }
  | { readonly kind: 'no server' }

/** One line of the table. */
export interface Case {
  readonly name: string
  readonly scene: Scene
  readonly fault: Fault
  /** The fault is a moment's, or needs no notice: exit 0. */
  readonly mends: boolean
  /** What the fault acts upon may not be reached in every run: say nothing of one that was not. */
  readonly mayMiss?: boolean
}
