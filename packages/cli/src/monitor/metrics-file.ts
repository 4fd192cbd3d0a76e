import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error } from '@z3/core'
import { withLock } from '../lock.js'
import type { FinishedRun } from './finished-run.js'
import { mergeMetrics } from './merge-metrics.js'
import { formatMetrics, MARK, parseMetrics, type Sample } from './metrics.js'

/** A larger file is not ours, bytes: 100,000 datasets need half of it. */
const MOST = 64 * 2 ** 20

/** Attempts to get the lock, which another run holds for some milliseconds. */
const ATTEMPTS = 20

/** Between the attempts, milliseconds. */
const PAUSE = 100

/**
 * Add a run to the metrics file. Runs that end together take turns, so that none removes the
 * metrics of another one.
 *
 * @param warn called if earlier metrics are lost
 * @throws Z3Error, or an error of the file system, if the file cannot be written
 */
export async function updateMetricsFile(
  file: string,
  run: FinishedRun,
  warn: (line: string) => void,
): Promise<void> {
  const subject = { dataset: file, destination: 'metrics' }
  const work = async () => {
    const earlier = await readMetrics(file, warn)
    await replaceFile(file, formatMetrics(mergeMetrics(earlier, run)))
  }
  // not the signal of the run: a run that was ended by a signal is recorded, too
  const { signal } = new AbortController()
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withLock(subject, signal, () => undefined, work)
      return
    } catch (error) {
      const isHeld = error instanceof Z3Error && error.code === 'locked'
      if (!isHeld || attempt === ATTEMPTS) throw error
      await sleep(PAUSE)
    }
  }
}

/**
 * Check that the metrics file can be written. Writes nothing.
 *
 * @throws Z3Error, or an error of the file system, as updateMetricsFile would
 */
export async function checkMetricsFile(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK | constants.X_OK)
  await readOurs(file)
}

async function readMetrics(file: string, warn: (line: string) => void): Promise<readonly Sample[]> {
  const text = await readOurs(file)
  if (text === '') return []
  const samples = parseMetrics(text)
  if (!samples) warn(`${file} is damaged: it is written anew, without earlier metrics`)
  return samples ?? []
}

/** @throws Z3Error unless it is ours, or empty, or missing */
async function readOurs(file: string): Promise<string> {
  try {
    // a FIFO without a writer would block otherwise
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const facts = await handle.stat()
      if (facts.isFile() && facts.size <= MOST) {
        const text = await handle.readFile('utf8')
        if (text === '' || text.startsWith(MARK)) return text
      }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
  throw new Z3Error('output-failed', `${file} exists and is not a metrics file of z3`, {
    hint: 'Set METRICS_FILE to a new file: it would be overwritten.',
  })
}

/**
 * Replace a file in one step: a reader sees the old or the new text. The temporary file has a name
 * that nobody can predict, and must not exist: others may be able to write to the directory. Its
 * name does not end in `.prom`, so that the collector does not read it.
 */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    try {
      await handle.writeFile(text)
      // the collector runs as another user, whatever the umask is
      await handle.chmod(0o644)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
