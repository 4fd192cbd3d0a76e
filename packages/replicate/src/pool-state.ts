import { formatSnapshotName, type Bookmark, type LocalSnapshot, type SnapshotName } from '@z3/core'
import {
  abortReceive,
  createBookmark,
  destroyBookmark,
  destroySnapshots,
  getProperties,
  getPropertiesOf,
  hold,
  listBookmarks,
  listBookmarksOf,
  listHolds,
  listSnapshots,
  listSnapshotsOf,
  release,
  type Host,
  type NotDestroyed,
  type Properties,
  type Run,
  type SnapshotFacts,
} from '@z3/zfs'

/** A dataset, as read and as changed by this run since. */
export interface Dataset {
  readonly name: string
  readonly properties: Properties
  /** Oldest first, by createtxg. */
  readonly snapshots: readonly SnapshotFacts[]
  readonly bookmarks: readonly Bookmark[]
}

export interface ReadOptions {
  readonly properties: readonly string[]
  /** Include descendants. */
  readonly below?: boolean
  readonly bookmarks?: boolean
  /** Whether to read the holds of a snapshot, by its name after the `@`. */
  readonly isManaged: (snapshot: string) => boolean
}

const NOTHING = { properties: {}, snapshots: [], bookmarks: [] }

/** Facts that were not read. */
const NOT_ASKED = { written: Infinity, userrefs: Infinity }

/** Property of a dataset: the token of an interrupted receive. */
const TOKEN = 'receive_resume_token'

/**
 * The state of the datasets of a host during a run. Read once, with a number of commands
 * independent of the number of datasets; changes made through this object are known without reading
 * again.
 */
export class PoolState {
  /** Prefix of messages: `[Source]`. */
  readonly label: string
  readonly host: Host
  /** zfs, for commands that change nothing. */
  readonly read: Run
  /** zfs, for commands that change something; a dry run prints them. */
  readonly change: Run
  readonly #datasets = new Map<string, Dataset>()
  /** Tags by full name of the snapshot, for managed snapshots only. */
  readonly #tags = new Map<string, ReadonlySet<string>>()

  constructor(
    host: Host,
    {
      label = '',
      read = host.run,
      change = host.run,
    }: { readonly label?: string; readonly read?: Run; readonly change?: Run } = {},
  ) {
    this.host = host
    this.label = label
    this.read = read
    this.change = change
  }

  /**
   * Read datasets. Nonexistent ones are omitted.
   *
   * @throws Z3Error of zfs
   */
  async readDatasets(names: readonly string[], options: ReadOptions): Promise<void> {
    const { below, bookmarks: withBookmarks = false, isManaged } = options
    const found = await getPropertiesOf(this.read, names, options.properties, below)
    const there = below ? [...found.keys()] : names
    const snapshots = await listSnapshotsOf(this.read, there)
    const bookmarks = withBookmarks
      ? await listBookmarksOf(this.read, there)
      : new Map<string, readonly Bookmark[]>()
    for (const name of there) {
      const properties = found.get(name)
      const all = snapshots.get(name) ?? (below ? [] : undefined)
      // destroyed in the meantime
      if (!properties || !all) continue
      const marks = bookmarks.get(name) ?? []
      this.#datasets.set(name, { name, properties, snapshots: all, bookmarks: marks })
    }
    const held = this.datasets
      .flatMap((one) => one.snapshots)
      .filter(({ snapshot, userrefs }) => userrefs > 0 && isManaged(snapshot))
    if (held.length === 0) return
    for (const { snapshot, tag } of await listHolds(this.read, held)) this.#addTag(snapshot, tag)
  }

  /**
   * Read one dataset, with fewer commands than `readDatasets` and only those that `z3-ssh-sync
   * serve` permits. Omits what only thinning needs.
   *
   * @throws Z3Error of zfs, `no-such-dataset` among them
   */
  async readDataset(
    name: string,
    { properties: names = [], bookmarks = false }: Partial<ReadOptions> = {},
  ): Promise<Dataset> {
    this.forget(name)
    const [snapshots, marks] = await Promise.all([
      listSnapshots(this.read, name),
      bookmarks ? listBookmarks(this.read, name) : [],
    ])
    const dataset = {
      name,
      properties: names.length > 0 ? await getProperties(this.read, name, names) : {},
      snapshots: snapshots.map((one) => ({ ...NOT_ASKED, ...one })),
      bookmarks: marks,
    }
    this.#datasets.set(name, dataset)
    return dataset
  }

  /** Read the bookmarks of a dataset again. @throws Z3Error of zfs */
  async readBookmarks(dataset: string): Promise<readonly Bookmark[]> {
    const bookmarks = await listBookmarks(this.read, dataset)
    this.#update(this.find(dataset) ?? { name: dataset, ...NOTHING }, { bookmarks })
    return bookmarks
  }

  /** In the order in which they were read. */
  get datasets(): readonly Dataset[] {
    return [...this.#datasets.values()]
  }

  find(dataset: string): Dataset | undefined {
    return this.#datasets.get(dataset)
  }

  /** The hold tags of a snapshot. Undefined: none, or not read. */
  tagsOf(snapshot: SnapshotName): ReadonlySet<string> | undefined {
    return this.#tags.get(formatSnapshotName(snapshot))
  }

  /** Record a newly created dataset without snapshots. */
  add(dataset: string): void {
    this.#datasets.set(dataset, this.find(dataset) ?? { name: dataset, ...NOTHING })
  }

  /** Record a new or received snapshot. */
  addSnapshot(snapshot: LocalSnapshot & Partial<SnapshotFacts>): void {
    const { dataset } = snapshot
    const before = this.find(dataset) ?? { name: dataset, ...NOTHING }
    this.#datasets.set(dataset, {
      ...before,
      snapshots: [...before.snapshots, { ...NOT_ASKED, ...snapshot }],
      // the receive is complete, and nothing was written since
      properties: { ...without(before.properties, TOKEN), written: '0' },
    })
  }

  /** Record that a dataset no longer exists. */
  forget(dataset: string): void {
    this.#datasets.delete(dataset)
  }

  /**
   * Discard the partial data of an interrupted receive; a first receive also loses the dataset:
   * zfs-receive(8), -A.
   *
   * @throws Z3Error of zfs
   */
  async abortReceive(dataset: string): Promise<void> {
    await abortReceive(this.change, dataset)
    const known = this.find(dataset)
    if (known?.snapshots.length === 0) this.forget(dataset)
    else if (known) this.#update(known, { properties: without(known.properties, TOKEN) })
  }

  /** A property; read from zfs if the dataset was created later. */
  async property(dataset: string, name: string): Promise<string | undefined> {
    const known = this.find(dataset)
    if (known?.properties[name] !== undefined) return known.properties[name]
    const found = await getProperties(this.read, dataset, [name])
    if (known) this.#update(known, { properties: { ...known.properties, ...found } })
    return found[name]
  }

  /**
   * Hold a snapshot unless the tag already holds it.
   *
   * @returns whether a hold was created
   * @throws Z3Error of zfs
   */
  async hold(tag: string, snapshot: SnapshotName): Promise<boolean> {
    if (this.tagsOf(snapshot)?.has(tag)) return false
    await hold(this.change, tag, snapshot)
    this.#addTag(snapshot, tag)
    return true
  }

  /**
   * Release a hold. Does nothing if it is known not to exist.
   *
   * @throws Z3Error of zfs
   */
  async release(
    tag: string,
    snapshot: SnapshotName & { readonly userrefs?: number },
  ): Promise<void> {
    const tags = this.tagsOf(snapshot)
    // the holds of other snapshots were not read; they may include ours
    if (!(tags ? tags.has(tag) : (snapshot.userrefs ?? 0) > 0)) return
    await release(this.change, tag, snapshot)
    if (!tags) return
    this.#tags.set(formatSnapshotName(snapshot), new Set([...tags].filter((one) => one !== tag)))
  }

  /** @throws Z3Error of zfs */
  async createBookmark(
    snapshot: Omit<LocalSnapshot, 'referenced'>,
    bookmark: string,
  ): Promise<void> {
    const { dataset, guid, created, createtxg } = snapshot
    await createBookmark(this.change, snapshot, bookmark)
    const known = this.find(dataset)
    const made = { dataset, bookmark, guid, created, createtxg }
    if (known) this.#update(known, { bookmarks: [...known.bookmarks, made] })
  }

  /** @throws Z3Error of zfs */
  async destroyBookmark(mark: Bookmark): Promise<void> {
    await destroyBookmark(this.change, mark)
    const known = this.find(mark.dataset)
    const left = known?.bookmarks.filter((one) => one.bookmark !== mark.bookmark)
    if (known && left) this.#update(known, { bookmarks: left })
  }

  /**
   * Destroy snapshots.
   *
   * @param snapshots names after the `@`
   * @returns the snapshots that still exist, and why
   */
  async destroySnapshots(
    dataset: string,
    snapshots: readonly string[],
  ): Promise<readonly NotDestroyed[]> {
    const failed = await destroySnapshots(this.change, dataset, snapshots)
    const left = new Set(failed.map(({ snapshot }) => snapshot))
    const gone = new Set(snapshots.filter((one) => !left.has(one)))
    const known = this.find(dataset)
    if (known) {
      this.#update(known, {
        snapshots: known.snapshots.filter(({ snapshot }) => !gone.has(snapshot)),
      })
    }
    return failed
  }

  #update(known: Dataset, change: Partial<Dataset>): void {
    this.#datasets.set(known.name, { ...known, ...change })
  }

  #addTag(snapshot: SnapshotName, tag: string): void {
    const name = formatSnapshotName(snapshot)
    this.#tags.set(name, new Set([...(this.#tags.get(name) ?? []), tag]))
  }
}

function without(properties: Properties, name: string): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => key !== name))
}
