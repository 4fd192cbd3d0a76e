import type { IoError } from '@z3/fixtures'
import { NETWORK_FAULTS, type NetworkFault } from '../soak/fault-proxy.js'
import type {
  Case,
  Deed,
  Fault,
  FullPlace,
  Moment,
  Receiver,
  RequestKind,
  Scene,
  Signal,
} from './case.js'

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGKILL']

/** One that is over when the request is made again. */
const PASSING: readonly NetworkFault[] = [
  'connection reset',
  'reset in the answer',
  'stall',
  'throttle',
  '500',
  '503 SlowDown',
  '429',
  '408',
  'lost reply to Complete',
  'cut answer',
]

const describe = (moment: Moment): string =>
  'bytes' in moment
    ? `after ${String(moment.bytes)} bytes of ${moment.at}`
    : `${moment.when === 'half' ? 'amid' : moment.when} ${moment.at} ${String(moment.nth + 1)}`

const ofNetwork = (
  scene: Scene,
  at: RequestKind,
  fault: NetworkFault,
  times: number,
  /** The answer is not needed, or another way leads round it. */
  mends = false,
): Case => ({
  name: `${scene}: ${fault} at ${at}, ${times === 1 ? 'once' : 'for ever'}`,
  scene,
  fault: { kind: 'network', fault, at, times },
  // a Complete that is silent for its whole time-out may have been carried out
  mends:
    mends || (times === 1 && PASSING.includes(fault) && !(fault === 'stall' && at === 'complete')),
})

const answers = (fault: NetworkFault) => fault.includes('answer') || fault === 'throttle'

/** Does this fault make sense at that request? */
const fits = (fault: NetworkFault, at: RequestKind): boolean => {
  if (fault.endsWith('Complete')) return at === 'complete'
  if (fault === 'changed byte of a part') return at === 'part'
  if (fault === 'changed byte of an answer') return at === 'get'
  // these answers have no body to cut or to slow down
  if (answers(fault)) return !['part', 'put', 'head', 'check'].includes(at)
  return true
}

const network = (
  scene: Scene,
  places: readonly RequestKind[],
  mends: readonly RequestKind[] = [],
): Case[] =>
  places.flatMap((at, place) =>
    NETWORK_FAULTS.filter((fault) => fits(fault, at)).map((fault, index) =>
      ofNetwork(scene, at, fault, (place + index) % 2 === 0 ? 1 : Infinity, mends.includes(at)),
    ),
  )

const signalled = (
  scene: Scene,
  receivers: readonly Receiver[],
  moments: readonly Moment[],
): Case[] =>
  receivers.flatMap((to, nth) =>
    moments.flatMap((moment, index) =>
      SIGNALS.filter((_, which) => moments.length < 2 || (which + index + nth) % 3 < 2).map(
        (signal) => ({
          name: `${scene}: ${signal} to ${to} ${describe(moment)}`,
          scene,
          fault: { kind: 'signal' as const, signal, to, moment },
          mends: false,
        }),
      ),
    ),
  )

const SENDING: readonly Moment[] = [
  { at: 'zfs send', bytes: 0 },
  { at: 'zfs send', bytes: 120_000 },
]

/** Of an increment, so that what is left does not fit into a pipe. */
const SENDING_LESS: readonly Moment[] = [{ at: 'zfs send', bytes: 40_000 }]

const UPLOADING: readonly Moment[] = [
  { at: 'create', nth: 0, when: 'after' },
  { at: 'part', nth: 0, when: 'before' },
  { at: 'part', nth: 0, when: 'after' },
  { at: 'complete', nth: 0, when: 'before' },
  { at: 'complete', nth: 0, when: 'after' },
  { at: 'check', nth: 0, when: 'after' },
]

const DOWNLOADING: readonly Moment[] = [
  // the first ranges are z3's own look at the objects
  { at: 'get', nth: 2, when: 'before' },
  { at: 'get', nth: 4, when: 'half' },
]

const deeds = (scene: Scene, of: readonly (readonly [Deed, Moment])[]): Case[] =>
  of.map(([deed, moment]) => ({
    name: `${scene}: another program ${deed} ${describe(moment)}`,
    scene,
    fault: { kind: 'deed' as const, deed, moment },
    mends: false,
  }))

const one = (scene: Scene, what: string, fault: Fault, more: Partial<Case> = {}): Case => ({
  name: `${scene}: ${what}`,
  scene,
  fault,
  mends: false,
  ...more,
})

const full = (scene: Scene, place: FullPlace, mends: boolean): Case =>
  one(scene, `no room: ${place}`, { kind: 'full', place }, { mends })

const io = (scene: Scene, error: IoError, more: Partial<Case> = {}): Case =>
  one(
    scene,
    `${error.errno} from ${error.call} ${String(error.from)} of ${error.path}`,
    { kind: 'io', error },
    more,
  )

const failing = (
  call: IoError['call'],
  path: string,
  errno: IoError['errno'] = 'EIO',
): IoError => ({ call, path, from: 1, errno })

const ALL_SCENES: readonly Scene[] = [
  'backup: full',
  'backup: increment',
  'backup: overwriting',
  'backup: encrypted',
  'backup: to a directory',
  'restore: new',
  'restore: increment',
  'restore: replacing',
  'restore: encrypted',
  'verify',
  'sync: push',
  'sync: push increment',
  'sync: pull',
]

/** All of them. */
export const CASES: readonly Case[] = [
  ...ALL_SCENES.map((scene) => one(scene, 'nothing fails', { kind: 'nothing' }, { mends: true })),

  ...network('backup: increment', ['list', 'list uploads', 'head']),
  ...network('backup: full', ['create', 'part', 'complete', 'check']),
  // a manifest is an aid
  ...network('backup: full', ['put'], ['put']),
  ...network('backup: overwriting', ['complete', 'check']),
  ...network('restore: new', ['list', 'get']),
  ...network('restore: increment', ['head']),
  ...network('restore: new', ['get manifest']),
  ...network('verify', ['list', 'get', 'get manifest']),

  ...signalled(
    'backup: encrypted',
    ['zfs send', 'zstream-verify', 'pigz', 'age', 'pput', 'program', 'job'],
    SENDING,
  ),
  ...signalled('backup: increment', ['zfs send', 'program', 'job'], SENDING_LESS),
  ...signalled('backup: full', ['pput', 'program', 'job'], UPLOADING),
  ...signalled('backup: overwriting', ['pput', 'program', 'job'], UPLOADING.slice(3)),
  ...signalled('backup: full', ['program', 'job'], [{ at: 'put', nth: 0, when: 'before' }]),
  ...signalled('backup: to a directory', ['pput', 'program', 'job'], SENDING.slice(1)),
  ...signalled(
    'restore: encrypted',
    ['z3-get', 'age', 'pigz', 'zfs receive', 'program', 'job'],
    DOWNLOADING,
  ),
  ...signalled(
    'restore: increment',
    ['z3-get', 'zfs receive', 'program', 'job'],
    [{ at: 'zfs receive', bytes: 70_000 }],
  ),
  ...signalled(
    'restore: replacing',
    ['zfs receive', 'program', 'job'],
    [{ at: 'zfs receive', bytes: 100_000 }],
  ),
  ...signalled(
    'verify',
    ['z3-get', 'pigz', 'zstream-verify', 'program', 'job'],
    [{ at: 'get', nth: 0, when: 'half' }],
  ),
  ...signalled(
    'sync: push',
    ['zfs send', 'ssh', 'remote zfs receive', 'remote sshd', 'program', 'job'],
    SENDING,
  ),
  ...signalled(
    'sync: push increment',
    ['zfs send', 'ssh', 'remote zfs receive', 'remote sshd', 'program', 'job'],
    SENDING_LESS,
  ),
  ...signalled(
    'sync: pull',
    ['zfs receive', 'ssh', 'remote zfs send', 'remote sshd', 'program', 'job'],
    [{ at: 'zfs receive', bytes: 120_000 }],
  ),

  ...deeds('backup: increment', [
    ['deletes the parent', { at: 'zfs send', bytes: 60_000 }],
    ['stores the same key', { at: 'part', nth: 0, when: 'before' }],
    ['aborts all uploads', { at: 'part', nth: 0, when: 'after' }],
    ['aborts all uploads', { at: 'complete', nth: 0, when: 'before' }],
    ['deletes the parent', { at: 'complete', nth: 0, when: 'before' }],
    ['runs the same command', { at: 'zfs send', bytes: 60_000 }],
    ['runs the same command', { at: 'complete', nth: 0, when: 'before' }],
  ]),
  ...deeds('restore: new', [
    ['replaces the object', { at: 'get', nth: 3, when: 'before' }],
    ['deletes the object', { at: 'get', nth: 3, when: 'before' }],
    ['replaces the object', { at: 'get', nth: 2, when: 'before' }],
    ['runs the same command', { at: 'get', nth: 3, when: 'before' }],
  ]),
  ...deeds('restore: increment', [
    ['replaces the object', { at: 'get', nth: 2, when: 'before' }],
    ['runs the same command', { at: 'zfs receive', bytes: 70_000 }],
  ]),
  ...deeds('verify', [
    ['deletes the object', { at: 'get', nth: 0, when: 'before' }],
    ['replaces the object', { at: 'get', nth: 1, when: 'before' }],
    ['runs the same command', { at: 'get', nth: 0, when: 'before' }],
  ]),
  ...deeds('sync: push', [['runs the same command', { at: 'zfs send', bytes: 120_000 }]]),

  ...(['backup: full', 'restore: new', 'verify'] as const).flatMap((scene) => [
    full(scene, 'cache', true),
    full(scene, 'temporary files', true),
    full(scene, 'stderr', true),
    one(scene, 'no server', { kind: 'no server' }),
    one(scene, 'no name is resolved', { kind: 'dns', from: 0, times: Infinity }),
    one(scene, 'one name is not resolved', { kind: 'dns', from: 1, times: 1 }, { mends: true }),
    one(scene, 'no name is resolved any more', { kind: 'dns', from: 1, times: Infinity }),
    one(scene, 'the clock is a day ahead', { kind: 'clock', days: 1 }, { mends: true }),
    one(scene, 'the clock is a day behind', { kind: 'clock', days: -1 }, { mends: true }),
    io(scene, failing('read', '/cache/z3'), { mends: true, mayMiss: true }),
    io(scene, failing('write', '/cache/z3'), { mends: true, mayMiss: true }),
    io(scene, failing('fsync', '/cache/z3'), { mends: true, mayMiss: true }),
    io(scene, failing('rename', '/cache/z3'), { mends: true, mayMiss: true }),
  ]),
  full('verify', 'state', true),
  full('verify', 'stdout', false),
  full('backup: full', 'stdout', false),
  full('restore: new', 'stdout', false),
  full('restore: new', 'pool', false),
  full('restore: increment', 'pool', false),
  full('restore: replacing', 'pool', false),
  full('sync: pull', 'pool', false),
  full('sync: push', 'pool', false),
  full('sync: push increment', 'stdout', false),
  full('backup: to a directory', 'store', false),
  ...(['write', 'fsync', 'rename'] as const).map((call) =>
    io('verify', failing(call, '/state/z3'), { mends: true }),
  ),
  ...(['EIO', 'ENOSPC'] as const).flatMap((errno) => [
    io('backup: full', failing('write', '/run/z3/', errno)),
    io('backup: full', failing('write', '/tmp/z3-', errno), { mends: true }),
  ]),
  io('restore: new', failing('write', '/run/z3/')),
  io('backup: full', failing('read', '/run/z3/'), { mends: true, mayMiss: true }),
  io('backup: full', failing('read', '/tmp/z3-'), { mends: true }),
  io('backup: to a directory', failing('write', '.pending')),
  io('backup: to a directory', failing('fsync', '/store')),
  io('backup: to a directory', failing('rename', '/store'), { mayMiss: true }),
  io('backup: to a directory', failing('write', '.pending', 'ENOSPC')),
]
