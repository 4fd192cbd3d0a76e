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

/** A dataset, as it was read and as this run has changed it since. */
export interface Dataset {
  readonly name: string
  readonly properties: Properties
  /** The oldest first, by createtxg. */
  readonly snapshots: readonly SnapshotFacts[]
  readonly bookmarks: readonly Bookmark[]
}

export interface ReadOptions {
  readonly properties: readonly string[]
  /** Read what is below the named datasets, too. */
  readonly below?: boolean
  readonly bookmarks?: boolean
  /** Whether to ask what holds a snapshot, by what follows its `@`. */
  readonly isManaged: (snapshot: string) => boolean
}

const NOTHING = { properties: {}, snapshots: [], bookmarks: [] }

/** Of a snapshot of which nothing but its name and identity was asked. */
const NOT_ASKED = { written: Infinity, userrefs: Infinity }

/** Of a dataset: what an interrupted receive has saved. */
const TOKEN = 'receive_resume_token'

/**
 * What a run knows of the datasets of a host. It is read once, in a number of commands
 * that does not grow with the number of datasets; what the run changes through this
 * object is known without a second look.
 */
export class PoolState {
  /** How messages about it begin: `[Source]`. */
  readonly label: string
  readonly host: Host
  /** zfs, for commands that change nothing. */
  readonly read: Run
  /** zfs, for commands that do; in a dry run they are shown. */
  readonly change: Run
  readonly #datasets = new Map<string, Dataset>()
  /** Tags by the full name of a snapshot; of managed snapshots alone. */
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
   * Read datasets. One that does not exist is left out.
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
      // destroyed meanwhile
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
   * Read one dataset: in fewer commands than `readDatasets`, and no more than a host
   * allows that runs `z3-ssh-sync serve`. Nothing is asked that only thinning needs.
   *
   * @throws Z3Error of zfs; `no-such-dataset`, in zfs's words
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

  /** Read the bookmarks of one dataset anew. @throws Z3Error of zfs */
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

  /** What holds a snapshot. Undefined: nothing does, or it was not asked. */
  tagsOf(snapshot: SnapshotName): ReadonlySet<string> | undefined {
    return this.#tags.get(formatSnapshotName(snapshot))
  }

  /** Remember a dataset without snapshots that was created. */
  add(dataset: string): void {
    this.#datasets.set(dataset, this.find(dataset) ?? { name: dataset, ...NOTHING })
  }

  /** Remember a snapshot that was taken or received. */
  addSnapshot(snapshot: LocalSnapshot & Partial<SnapshotFacts>): void {
    const { dataset } = snapshot
    const before = this.find(dataset) ?? { name: dataset, ...NOTHING }
    this.#datasets.set(dataset, {
      ...before,
      snapshots: [...before.snapshots, { ...NOT_ASKED, ...snapshot }],
      // nothing is half received, and nothing was written since
      properties: { ...without(before.properties, TOKEN), written: '0' },
    })
  }

  /** The dataset does not exist any more. */
  forget(dataset: string): void {
    this.#datasets.delete(dataset)
  }

  /**
   * Drop what an interrupted receive has saved. Where it was the first receive, the
   * dataset goes with it: zfs-receive(8), -A.
   *
   * @throws Z3Error of zfs
   */
  async abortReceive(dataset: string): Promise<void> {
    await abortReceive(this.change, dataset)
    const known = this.find(dataset)
    if (known?.snapshots.length === 0) this.forget(dataset)
    else if (known) this.#update(known, { properties: without(known.properties, TOKEN) })
  }

  /** A property; asked for where the dataset was created after all was read. */
  async property(dataset: string, name: string): Promise<string | undefined> {
    const known = this.find(dataset)
    if (known?.properties[name] !== undefined) return known.properties[name]
    const found = await getProperties(this.read, dataset, [name])
    if (known) this.#update(known, { properties: { ...known.properties, ...found } })
    return found[name]
  }

  /**
   * Hold a snapshot, unless it is held by that tag already.
   *
   * @returns whether it was not
   * @throws Z3Error of zfs
   */
  async hold(tag: string, snapshot: SnapshotName): Promise<boolean> {
    if (this.tagsOf(snapshot)?.has(tag)) return false
    await hold(this.change, tag, snapshot)
    this.#addTag(snapshot, tag)
    return true
  }

  /**
   * Release a hold. Nothing is done where it is known that there is none.
   *
   * @throws Z3Error of zfs
   */
  async release(
    tag: string,
    snapshot: SnapshotName & { readonly userrefs?: number },
  ): Promise<void> {
    const tags = this.tagsOf(snapshot)
    // nobody has asked what holds those of others; it may well be us
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
   * @param snapshots what follows the `@`
   * @returns those that are still there, and why
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
