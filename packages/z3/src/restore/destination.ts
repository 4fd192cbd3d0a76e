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

/** A dataset to receive into, as it is before anything is received. */
export interface Destination {
  readonly name: string
  /** Oldest first. Undefined: the dataset does not exist. */
  readonly snapshots: readonly LocalSnapshot[] | undefined
  /** Something was written since the newest snapshot. */
  readonly modified: boolean
  /** Bytes that may be written; undefined where the dataset does not exist. */
  readonly available: number | undefined
  /** A receive that broke off has left this. */
  readonly token: string | undefined
  /** It has a place to be mounted at, and is not there. */
  readonly unmounted: boolean
  /** It and what is below it, as far as it is mounted: each after its parent. */
  readonly mounted: readonly string[]
  readonly mountpoint: string | undefined
}

/**
 * Look at a dataset that may or may not exist.
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
    // where zfs does not know the property, it refuses by itself
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
 * Check that a destination can take the steps: before the first of them.
 *
 * @throws Z3Error `destination-modified`, `no-such-dataset`, `no-space`
 */
export async function checkDestination(
  zfs: Run,
  destination: Destination,
  steps: readonly RestoreStep[],
): Promise<void> {
  if (steps.length === 0) return
  checkNothingSaved(destination)
  const { name } = destination
  const available =
    destination.snapshots === undefined ? await availableToChild(zfs, name) : destination.available
  checkSpace(name, available, steps)
}

/**
 * Check that a destination does not hold the part of a stream that `zfs receive
 * -s` has saved: nothing else can be received before that is dropped.
 *
 * @throws Z3Error `destination-modified`
 */
export function checkNothingSaved({ name, token }: Destination): void {
  if (token === undefined) return
  throw new Z3Error(
    'destination-modified',
    `${name} holds the part of a stream that an interrupted receive left`,
    {
      hint: `Finish that receive, or drop it with: ${zfsLine('receive', '-A', name)}`,
    },
  )
}

/** What is stored as it lies on disk takes as much there again. */
function checkSpace(
  name: string,
  available: number | undefined,
  steps: readonly RestoreStep[],
): void {
  // a plain stream may shrink on disk: what it takes cannot be known
  const known = steps.filter(({ object: { sendFlags } }) =>
    sendFlags.some((flag) => flag === 'w' || flag === 'c'),
  )
  const needed = known.reduce((sum, { object }) => sum + (object.size ?? 0), 0)
  if (available === undefined || needed <= available) return
  throw new Z3Error(
    'no-space',
    `${name} needs ${humanSize(needed)}, and ${humanSize(available)} are available`,
    { hint: 'Free space, or restore into another pool with --into.' },
  )
}

/** @throws Z3Error `no-such-dataset`: zfs receive makes no parents */
async function availableToChild(zfs: Run, name: string): Promise<number | undefined> {
  const parent = parentOf(name)
  if (parent === undefined) throw noPool(name)
  const properties = await ifThere(getProperties(zfs, parent, ['available']))
  if (properties) {
    const { available } = properties
    return available === undefined ? undefined : Number(available)
  }
  // zfs create makes no pools
  const [pool = parent] = parent.split('/')
  if (!(await ifThere(getProperties(zfs, pool, ['available'])))) {
    throw noPool(pool)
  }
  throw new Z3Error('no-such-dataset', `${name} cannot be received: there is no ${parent}`, {
    hint: `Create it first: ${zfsLine('create', '-p', parent)}`,
  })
}

function noPool(pool: string): Z3Error {
  return new Z3Error('no-such-dataset', `there is no pool '${pool}'`, {
    hint: 'Create or import it first, or restore into another with --into.',
  })
}

/** For people to paste. */
function zfsLine(...args: readonly string[]): string {
  return renderCommand({ file: 'zfs', args })
}
