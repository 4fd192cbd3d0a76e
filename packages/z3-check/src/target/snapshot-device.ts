import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from '@z3/cli'
import { formatSnapshotName, Z3Error, type SnapshotName } from '@z3/core'
import { localHost, type Run } from '@z3/zfs'
import { reasonOf } from '../reason.js'
import type { OpenTarget } from './target.js'

/** How long udev may take to make a device, milliseconds. */
const PATIENCE = 10_000

/**
 * The device of a volume's snapshot. If the volume does not show its snapshots, the property snapdev
 * is set, and reset on close: only one run at a time may do so, since ZFS ends the devices at once,
 * also those that are open. A clone would need no property, but may be selected for a backup, and
 * prevents that the snapshot is destroyed if it is left behind.
 *
 * @throws Z3Error `not-permitted`, `zfs-failed`, `input-failed`
 */
export async function showSnapshotDevice(snapshot: SnapshotName, io: Io): Promise<OpenTarget> {
  const { dataset } = snapshot
  const { run } = localHost({ env: io.env, signal: io.signal })
  // the signal that ended the run must not end this
  const { run: undo } = localHost({ env: io.env })
  const before = await readSnapdev(run, dataset)
  const isHidden = before.value === 'hidden'
  const close = async () => {
    if (isHidden) await undo(resetArguments(before, dataset))
  }
  try {
    if (isHidden) await run(['set', 'snapdev=visible', dataset])
    const path = await waitForDevice(formatSnapshotName(snapshot), io.signal)
    return { kind: 'device', path: Buffer.from(path), close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

interface Snapdev {
  readonly value: string
  /** `local`, `received`, `default`, `inherited from DATASET`. */
  readonly source: string
}

async function readSnapdev(run: Run, dataset: string): Promise<Snapdev> {
  const text = await run(['get', '-H', '-o', 'value,source', 'snapdev', dataset])
  const [, value, source] = /^(hidden|visible)\t([^\t\n]+)\n$/.exec(text) ?? []
  if (value === undefined || source === undefined) {
    throw new Z3Error('zfs-failed', `unexpected value of snapdev of ${dataset}: ${text.trim()}`)
  }
  return { value, source }
}

/** The command that resets the property to where its value came from. */
function resetArguments({ value, source }: Snapdev, dataset: string): readonly string[] {
  if (source === 'local') return ['set', `snapdev=${value}`, dataset]
  return ['inherit', ...(source === 'received' ? ['-S'] : []), 'snapdev', dataset]
}

/**
 * Wait until udev has made a device.
 *
 * @throws Z3Error `input-failed`
 */
async function waitForDevice(name: string, signal: AbortSignal): Promise<string> {
  // udev's zvol_id writes a plus for a space
  const paths = [...new Set([name, name.replaceAll(' ', '+')])].map((one) => `/dev/zvol/${one}`)
  const end = Date.now() + PATIENCE
  for (;;) {
    signal.throwIfAborted()
    for (const path of paths) if (await isReady(path)) return path
    if (Date.now() > end) {
      throw new Z3Error('input-failed', `there is no device ${paths.join(' or ')}`, {
        hint: 'Check that udev runs.',
      })
    }
    await sleep(50)
  }
}

/** @throws Z3Error `input-failed` */
async function isReady(path: string): Promise<boolean> {
  try {
    const device = await open(path)
    const stats = await device.stat()
    await device.close()
    // something else wrote to the name of the device
    return !stats.isFile()
  } catch (cause) {
    // ENXIO: it is being made
    if (['ENOENT', 'ENXIO'].includes((cause as NodeJS.ErrnoException).code ?? '')) return false
    throw new Z3Error('input-failed', `cannot open ${path}: ${reasonOf(cause)}`, {
      hint: 'Run z3-check as root, or as a user who may read the device.',
      cause,
    })
  }
}
