import { formatSnapshotName, planReplication, Z3Error } from '@z3/core'
import type { SnapshotFacts } from '@z3/zfs'
import { datasetOf, type SelectedDatasets, type OpenedTarget } from '../datasets.js'
import type { World } from '../world.js'

type Needed = ReadonlySet<string> | 'all'

/**
 * What several targets need of one source: a snapshot that one of them has not received yet, or
 * that is the parent of its next increment, must not be destroyed for another.
 */
export class Needs {
  readonly #source: SelectedDatasets
  readonly #world: World
  readonly #byTarget = new Map<object, Map<string, Needed>>()
  #unknown = false

  constructor(source: SelectedDatasets, world: World) {
    this.#source = source
    this.#world = world
  }

  /** There is a target whose state is unknown: it may need any snapshot. */
  addUnknown(): void {
    this.#unknown = true
  }

  /** Update what a target needs of a dataset. */
  update(name: string, target: OpenedTarget, to: string): void {
    this.put(name, target, this.#look(name, target, to))
  }

  /** Set what a target needs of a dataset: full names of snapshots. */
  put(name: string, target: object, needed: Needed): void {
    const datasets = this.#byTarget.get(target) ?? new Map<string, Needed>()
    this.#byTarget.set(target, datasets)
    datasets.set(name, needed)
  }

  /** Whether any target needs a snapshot. */
  isNeeded(snapshot: SnapshotFacts): boolean {
    return this.isNeededByOthers(this, snapshot)
  }

  isNeededByOthers(target: object, snapshot: SnapshotFacts): boolean {
    if (this.#unknown) return true
    const name = formatSnapshotName(snapshot)
    return [...this.#byTarget].some(([other, datasets]) => {
      if (other === target) return false
      const needed = datasets.get(snapshot.dataset)
      return needed === 'all' || needed?.has(name) === true
    })
  }

  #look(name: string, target: OpenedTarget, to: string): Needed {
    const { options, now } = this.#world
    const { names, keepTarget, policy, exclude, trustNames } = options
    const { snapshots, bookmarks } = datasetOf(this.#source, name)
    try {
      const { needed } = planReplication<SnapshotFacts>({
        source: snapshots,
        bookmarks,
        target: target.side.find(to)?.snapshots,
        targetName: to,
        partial: undefined,
        isOurs: names.isOurs,
        sourceSchedule: undefined,
        targetSchedule: keepTarget,
        now,
        versions: policy.versions,
        exclude,
        raw: false,
        onLoss: 'destroy',
        trustNames,
        isNeeded: () => false,
      })
      return new Set(needed.map(formatSnapshotName))
    } catch (error) {
      // the target will report that itself
      if (error instanceof Z3Error) return 'all'
      throw error
    }
  }
}
