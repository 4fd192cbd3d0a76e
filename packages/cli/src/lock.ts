import { createHash } from 'node:crypto'
import { lstat, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error } from '@z3/core'
import { lockDirectory, lockPlaces } from './lock-directory.js'

/** A live run touches its lock so often, milliseconds. */
const UPDATE = 2_000

/** A lock that was not touched for so long is a dead run's, milliseconds. */
const STALE = 10_000

/** What a lock keeps others from. */
export interface LockSubject {
  /** Named in messages. */
  readonly dataset: string
  /** The store and the prefix. */
  readonly destination: string
}

/** Who holds a lock, as its file says. */
interface Owner {
  readonly pid: number
  readonly since: string
}

/**
 * Run something that no second run on this host may do at the same time to the same dataset and
 * destination. A run that died has left its lock: it is taken over as soon as it is clear that
 * nobody holds it, which takes up to 10 seconds.
 *
 * @param action gets a signal that aborts when the lock was lost
 * @param say told that it waits for a dead run's lock
 * @throws Z3Error `locked` when a run that lives has it; `lock-failed`
 */
export async function withLock<T>(
  subject: LockSubject,
  signal: AbortSignal,
  say: (line: string) => void,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const file = await lockFile(subject)
  const lost = new AbortController()
  const release = await take(file, subject, { signal, say, lost })
  try {
    await writeOwner(file, subject)
    return await action(AbortSignal.any([signal, lost.signal]))
  } finally {
    // one that was lost is not ours to release
    if (!lost.signal.aborted) await release()
  }
}

async function writeOwner(file: string, { dataset }: LockSubject): Promise<void> {
  const owner: Owner = { pid: process.pid, since: new Date().toISOString() }
  try {
    await writeFile(file, JSON.stringify(owner))
  } catch (error) {
    throw lockFailed(dataset, error)
  }
}

/**
 * Does a run that lives hold this lock?
 *
 * @throws Z3Error `lock-failed`
 */
export async function isLocked(subject: LockSubject): Promise<boolean> {
  try {
    const file = await lockFile(subject)
    const { mtimeMs } = await lstat(`${file}.lock`)
    return Date.now() - mtimeMs < STALE
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function take(
  file: string,
  { dataset }: LockSubject,
  {
    signal,
    say,
    lost,
  }: {
    readonly signal: AbortSignal
    readonly say: (line: string) => void
    readonly lost: AbortController
  },
): Promise<() => Promise<void>> {
  // a program that takes no lock starts without it
  const {
    default: { lock },
  } = await import('proper-lockfile')
  const giveUp = Date.now() + STALE + UPDATE
  for (let told = false; ; told = true) {
    signal.throwIfAborted()
    try {
      return await lock(file, {
        realpath: false,
        stale: STALE,
        update: UPDATE,
        onCompromised: (cause) => {
          lost.abort(
            new Z3Error('locked', `the lock of ${dataset} was lost`, {
              hint: 'Another run may have taken it over while this one was suspended: retry.',
              cause,
            }),
          )
        },
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') {
        throw lockFailed(dataset, error)
      }
      const owner = await readOwner(file)
      if (Date.now() > giveUp || (owner && isAlive(owner.pid))) {
        throw held(dataset, owner)
      }
      if (!told) {
        say(`taking over the lock of ${dataset}, left by a dead run`)
      }
      // what it rejects with is not the signal's reason; the loop throws that
      await sleep(500, undefined, { signal }).catch(() => undefined)
    }
  }
}

function held(dataset: string, owner: Owner | undefined): Z3Error {
  const who = owner ? ` (pid ${String(owner.pid)}, started ${owner.since})` : ''
  return new Z3Error('locked', `another run is using ${dataset}${who}`, {
    hint: 'Wait for it to end, then retry.',
  })
}

/** @returns undefined where it is being written, or is not ours */
async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'))
    const { pid, since } = (owner ?? {}) as Partial<Record<string, unknown>>
    return typeof pid === 'number' && typeof since === 'string' ? { pid, since } : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // it is another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** @throws Z3Error `lock-failed` */
async function lockFile({ dataset, destination }: LockSubject): Promise<string> {
  const name = createHash('sha256').update(`${dataset}\n${destination}`).digest('hex').slice(0, 32)
  try {
    return join(await lockDirectory(), name)
  } catch (error) {
    throw lockFailed(dataset, error)
  }
}

function lockFailed(dataset: string, cause: unknown): Z3Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Z3Error('lock-failed', `cannot lock ${dataset}: ${why}`, {
    hint: `Make one of ${lockPlaces().join(', ')} writable, with free space: it holds the locks.`,
    cause,
  })
}
