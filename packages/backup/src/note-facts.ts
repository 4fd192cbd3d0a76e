import {
  chainOf,
  formatSnapshotName,
  storedByName,
  summarizeDataset,
  type BackupStep,
  type StoredSnapshot,
} from '@z3/core'
import type { Context } from './context.js'

type FactsContext = Pick<Context, 'config' | 'dataset' | 'store' | 'facts'>

/** Note for the monitoring what the store has of a dataset: its newest healthy backup. */
export function noteStored(context: FactsContext, stored: readonly StoredSnapshot[]): void {
  if (!context.facts) return
  const { newest } = summarizeDataset(stored)
  noteDataset(context, {
    newestBackup: newest ? newest.created : null,
    chainLength: newest ? newest.chain.length : null,
  })
}

/** Note more about a dataset. */
export function noteDataset(
  { facts, store, dataset, config: { settings } }: FactsContext,
  more: Parameters<NonNullable<Context['facts']>['note']>[2],
): void {
  // the past tells nothing about now
  if (store.asOf) return
  facts?.note(dataset, `${settings.BUCKET ?? ''}/${settings.S3_PREFIX}`, more)
}

/** A planned object, by the name of the object. */
type NamedStep = Pick<BackupStep, 'snapshot' | 'parent'> & { readonly name: string }

/** Note each uploaded snapshot as the newest backup: the steps are in the order of time. */
export class UploadFacts {
  readonly #context: FactsContext
  readonly #lengths = new Map<string, number>()

  constructor(context: FactsContext, stored: readonly StoredSnapshot[]) {
    this.#context = context
    if (!context.facts) return
    context.facts.count('readBytes', 0)
    context.facts.count('storedBytes', 0)
    const byName = storedByName(stored)
    for (const object of stored) {
      this.#lengths.set(formatSnapshotName(object), chainOf(object, byName).length)
    }
  }

  /** @param stored bytes of the object */
  uploaded({ name, parent, snapshot }: NamedStep, stored: number): void {
    const { facts } = this.#context
    if (!facts) return
    facts.count('storedBytes', stored)
    const length = parent === undefined ? 0 : this.#lengths.get(parent)
    const chainLength = length === undefined ? undefined : length + 1
    if (chainLength !== undefined) this.#lengths.set(name, chainLength)
    // a clock that was wrong must not make the backup look newer
    const newestBackup = Math.min(snapshot.created, Math.floor(Date.now() / 1000))
    noteDataset(this.#context, { newestBackup, chainLength })
  }

  /** @param bytes of the stream before compression; undefined: unknown */
  read(bytes: number | undefined): void {
    this.#context.facts?.count('readBytes', bytes)
  }
}
