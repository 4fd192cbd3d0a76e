/** Numbers of a whole run. */
export type RunCount = 'readBytes' | 'storedBytes' | 'failedDatasets'

/**
 * What a run has learned about one dataset at one target. What is unknown is left out; null:
 * known not to exist.
 */
export interface DatasetFacts {
  /** Creation of the newest snapshot that can be restored, epoch seconds. */
  readonly newestBackup?: number | null | undefined
  /** Number of objects that its restore reads. */
  readonly chainLength?: number | null | undefined
  /** When all its backups that were to be verified were found sound, epoch seconds. */
  readonly verified?: number | undefined
  /** Multipart uploads that are neither completed nor aborted. */
  readonly pendingUploads?: number | undefined
}

/** A dataset, where it is stored, and what is known about it. */
export interface KnownDataset {
  readonly dataset: string
  readonly target: string
  readonly facts: DatasetFacts
}

/** What a run learns while it works, for its monitoring. */
export class RunFacts {
  readonly #counts = new Map<RunCount, number | undefined>()
  readonly #datasets = new Map<string, KnownDataset>()

  /**
   * Add to a number, which is unknown until then.
   *
   * @param number undefined: the sum is unknown from now on
   */
  count(what: RunCount, number: number | undefined): void {
    const sum = this.#counts.has(what) ? this.#counts.get(what) : 0
    this.#counts.set(what, sum === undefined || number === undefined ? undefined : sum + number)
  }

  /** Note what is known about a dataset, beside what was noted before. */
  note(dataset: string, target: string, facts: DatasetFacts): void {
    const key = JSON.stringify([dataset, target])
    const earlier = this.#datasets.get(key)?.facts
    const known = Object.entries(facts).filter(([, value]) => value !== undefined)
    this.#datasets.set(key, {
      ...{ dataset, target },
      facts: { ...earlier, ...Object.fromEntries(known) },
    })
  }

  get counts(): ReadonlyMap<RunCount, number | undefined> {
    return this.#counts
  }

  get datasets(): readonly KnownDataset[] {
    return [...this.#datasets.values()]
  }
}
