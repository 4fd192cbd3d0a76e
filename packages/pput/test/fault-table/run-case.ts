import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { Interrupted } from '@z3/cli'
import {
  startFakeS3,
  testIo,
  type FakeS3,
  type FakeS3Options,
  type Faults,
  type RecordedRequest,
} from '@z3/fixtures'
import { main } from '../../src/main.js'

export const KEY = 'k'

/** Of every object of the run under test: `x-amz-meta-run: ours`. */
export const OURS = 'ours'

/** What a fault acts upon. */
export interface World {
  readonly fake: FakeS3
  /** The HEADs before Complete are looks, those behind it checks. */
  readonly phaseOf: (request: RecordedRequest) => Phase
  /** Settles when pput has ended. */
  readonly ended: Promise<unknown>
  /** Settles when pput repeats a request for the first time. */
  readonly repeated: Promise<unknown>
  /** Settles with the third check after a Complete. */
  readonly checkedThrice: Promise<unknown>
  readonly sigterm: () => void
}

export type Phase = RecordedRequest['op'] | 'look' | 'check'

/** One line of the table. */
export interface Case {
  readonly name: string
  readonly server?: FakeS3Options
  readonly source: 'file' | 'pipe' | 'two parts' | 'command' | 'failing command'
  readonly overwrite: boolean
  /** An object of that key is there before. */
  readonly exists: boolean
  readonly faults: (world: World) => Faults
  /** Milliseconds without a byte; a time that is never reached where nothing stalls. */
  readonly idle?: number
  /** What went wrong is over when the request is made again: exit 0. */
  readonly mends: boolean
}

/** How a case ended. */
export interface Outcome {
  readonly status: number | 'hang'
  /** Of the JSON form of an error. */
  readonly code: string | undefined
  readonly err: string
  readonly fake: FakeS3
}

/** Inputs of a run: bodies by kind, and named pipes. */
export interface Inputs {
  readonly small: string
  readonly large: string
  /** A named pipe that nobody has used. */
  readonly fifo: () => string
}

/** Milliseconds by the clock of a case that it may take at most. */
const BOUND = 60_000

/** And requests: what repeats without asking the time is a hang, too. */
const REQUESTS = 500

/** A promise, and what settles it. */
const gate = () => {
  const opened = new AbortController()
  return {
    promise: new Promise<void>((done) => {
      opened.signal.addEventListener('abort', () => {
        done()
      })
    }),
    open: () => {
      opened.abort()
    },
  }
}

/** A clock by which time passes whenever somebody asks for it, or waits. */
const hurry = (onOver: () => void) => {
  let now = 0
  const pass = (milliseconds: number) => {
    now += milliseconds
    if (now > BOUND) onOver()
    return now
  }
  return {
    now: () => pass(100),
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      await sleep(1)
      pass(milliseconds)
    },
  }
}

/** Run pput once against a server of its own. */
export const runCase = async (one: Case, inputs: Inputs): Promise<Outcome> => {
  const fake = await startFakeS3(one.server)
  const [ended, repeated, checked, hung] = [gate(), gate(), gate(), gate()]
  if (one.exists) fake.put(KEY, 'the old one', { run: 'old' })
  const io = testIo({
    BUCKET: 'bucket',
    S3_ENDPOINT: fake.endpoint,
    S3_KEY_ID: 'AKIDTEST',
    S3_SECRET: 'SECRETTEST',
  })
  const completing = () => fake.requests.some(({ op }) => op === 'CompleteMultipartUpload')
  const isLook = ({ op }: RecordedRequest) => op === 'HeadObject' || op === 'GetObject'
  const faults = one.faults({
    fake,
    phaseOf: (request) => (isLook(request) ? (completing() ? 'check' : 'look') : request.op),
    ended: ended.promise,
    repeated: repeated.promise,
    checkedThrice: checked.promise,
    sigterm: () => {
      io.abort(new Interrupted('SIGTERM'))
    },
  })
  let checks = 0
  fake.faults = (request) => {
    if (fake.requests.length > REQUESTS) hung.open()
    if (completing() && request.op === 'HeadObject' && ++checks === 3) checked.open()
    return faults(request)
  }
  const run = main(argvOf(one, inputs), io, {
    clock: hurry(hung.open),
    firstDelay: 1,
    // no bound of attempts: patience alone
    attempts: undefined,
    retryFor: 1_000,
    completeTimeout: one.idle ?? 5_000,
    idleTimeout: one.idle ?? 60_000,
    trustedWire: one.server?.checksums === true,
    onRetry: repeated.open,
  })
  // not a bound of the product: a run that waits for ever has to be told, too
  const guard = sleep(300_000, 'hang' as const, { ref: false })
  const status = await Promise.race([run, hung.promise.then(() => 'hang' as const), guard])
  ended.open()
  // what was put off happens now
  await setImmediate()
  await setImmediate()
  await fake.close()
  return { status, code: codeIn(io.out()), err: io.err(), fake }
}

const argvOf = ({ source, overwrite }: Case, inputs: Inputs): string[] => {
  const fixed = ['--json', '--meta', `run=${OURS}`, '--max-memory', '16M', '--concurrency', '2']
  const options = [...fixed, '-s', '5M', ...(overwrite ? ['--overwrite'] : [])]
  const descriptor = (fd: number) => [...options, '--file-descriptor', String(fd), KEY]
  switch (source) {
    case 'file':
      return descriptor(openSync(inputs.small, 'r'))
    case 'two parts':
      return descriptor(openSync(inputs.large, 'r'))
    case 'pipe':
      return descriptor(pipeOf(inputs.fifo()))
    case 'command':
      return [...options, KEY, '--', 'cat', inputs.small]
    case 'failing command':
      return [...options, KEY, '--', 'sh', '-c', 'cat "$0"; exit 3', inputs.small]
  }
}

/** What a small source has; less than a pipe holds. */
export const SMALL = 'what is to be stored'

const pipeOf = (path: string): number => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, 'w')
  writeSync(writer, SMALL)
  closeSync(writer)
  unlinkSync(path)
  return fd
}

const codeIn = (out: string): string | undefined => {
  const last = out.trim().split('\n').at(-1) ?? ''
  return last === '' ? undefined : (JSON.parse(last) as { code?: string }).code
}
