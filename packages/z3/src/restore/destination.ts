import {
  checkDatasetName,
  humanSize,
  Z3Error,
  type LocalSnapshot,
  type RestoreStep,
} from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { getProperties, ifThere, listSnapshots, parentOf, type Run } from '@z3/zfs'
import { listMounted } from './mount.js'

/** The state of the dataset to receive into, before anything is received. */
export interface Destination {
  readonly name: string
  /** Oldest first. Undefined: the dataset does not exist. */
  readonly snapshots: readonly LocalSnapshot[] | undefined
  /** Data was written since the newest snapshot. */
  readonly modified: boolean
  /** Available bytes; undefined if the dataset does not exist. */
  readonly available: number | undefined
  /** Token of an interrupted receive. */
  readonly token: string | undefined
  /** It has a mount point but is not mounted. */
  readonly unmounted: boolean
  /** The mounted ones of the dataset and its descendants, each after its parent. */
  readonly mounted: readonly string[]
  readonly mountpoint: string | undefined
}

/**
 * Read the state of a dataset that may not exist.
 *
 * @throws Z3Error `invalid-name`, and those of zfs
 */
export async function readDestination(zfs: Run, name: string): Promise<Destination> {
  checkDatasetName(name)
  const snapshots = await ifThere(listSnapshots(zfs, name))
  const {
    written,
    available,
    receive_resume_token: token,
    mounted,
    canmount,
    mountpoint,
  } = snapshots ? await getProperties(zfs, name, PROPERTIES) : {}
  const below = snapshots ? await listMounted(zfs, name) : []
  return {
    name,
    snapshots,
    // a zfs that does not know the property refuses by itself
    modified: written !== undefined && written !== '0',
    available: available === undefined ? undefined : Number(available),
    token,
    unmounted: mounted === 'no' && canmount === 'on' && mountpoint?.startsWith('/') === true,
    mounted: below,
    mountpoint,
  }
}

const PROPERTIES = [
  'written',
  'available',
  'receive_resume_token',
  'mounted',
  'canmount',
  'mountpoint',
]

/**
 * Check that a destination can receive the steps, before the first one.
 *
 * @param makesParents missing parents will be created
 * @throws Z3Error `destination-modified`, `no-such-dataset`, `no-space`
 */
export async function checkDestination(
  zfs: Run,
  destination: Destination,
  steps: readonly RestoreStep[],
  makesParents = false,
): Promise<void> {
  if (steps.length === 0) return
  checkNothingSaved(destination)
  const { name } = destination
  const available =
    destination.snapshots === undefined
      ? await availableToChild(zfs, name, makesParents)
      : destination.available
  checkSpace(name, available, steps)
}

/**
 * Check that a destination has no partial data of an interrupted `zfs receive -s`: nothing else can
 * be received before that is discarded.
 *
 * @throws Z3Error `destination-modified`
 */
export function checkNothingSaved({ name, token }: Destination): void {
  if (token === undefined) return
  throw new Z3Error(
    'destination-modified',
    `${name} contains the partial data of an interrupted receive`,
    {
      hint: `Resume that receive, or discard the data with: ${zfsLine('receive', '-A', name)}`,
    },
  )
}

/** Data that is stored as on disk needs the same space again. */
function checkSpace(
  name: string,
  available: number | undefined,
  steps: readonly RestoreStep[],
): void {
  // a plain stream may shrink on disk, so its space is unknown
  const known = steps.filter(({ object: { sendFlags } }) =>
    sendFlags.some((flag) => flag === 'w' || flag === 'c'),
  )
  const needed = known.reduce((sum, { object }) => sum + (object.size ?? 0), 0)
  if (available === undefined || needed <= available) return
  throw new Z3Error(
    'no-space',
    `${name} needs ${humanSize(needed)}, but ${humanSize(available)} are available`,
    { hint: 'Free space, or restore into another pool with --into.' },
  )
}

/** @throws Z3Error `no-such-dataset`: zfs receive does not create parents */
async function availableToChild(
  zfs: Run,
  name: string,
  makesParents: boolean,
): Promise<number | undefined> {
  const parent = parentOf(name)
  if (parent === undefined) throw noPool(name)
  const properties = await ifThere(getProperties(zfs, parent, ['available']))
  if (properties) return asNumber(properties['available'])
  // zfs create cannot create a pool
  const [pool = parent] = parent.split('/')
  const ofPool = await ifThere(getProperties(zfs, pool, ['available']))
  if (!ofPool) throw noPool(pool)
  if (makesParents) return asNumber(ofPool['available'])
  throw new Z3Error('no-such-dataset', `${name} cannot be received: ${parent} does not exist`, {
    hint: `Create it first: ${zfsLine('create', '-p', parent)}`,
  })
}

function asNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

function noPool(pool: string): Z3Error {
  return new Z3Error('no-such-dataset', `pool '${pool}' does not exist`, {
    hint: 'Create or import the pool first, or restore into another one with --into.',
  })
}

/** A command to paste. */
function zfsLine(...args: readonly string[]): string {
  return renderCommand({ file: 'zfs', args })
}
