import type { RedrawnLines } from '@z3/cli'
import type { PrunePlan } from '@z3/core'

/** The status text of the service while a dataset is pruned. */
export class PruneStatus {
  readonly #status: RedrawnLines | undefined
  /** The dataset, and which of how many it is. */
  readonly #name: string
  #done = 0
  #all = 0

  constructor(status: RedrawnLines | undefined, name: string) {
    this.#status = status
    this.#name = name
    this.#show('listing')
  }

  planned(plan: PrunePlan): void {
    this.#all = plan.delete.length
    this.#showDone()
  }

  /** An object was deleted, or is kept because it is locked, replaced or needed. */
  done(): void {
    this.#done += 1
    this.#showDone()
  }

  #showDone(): void {
    this.#show(`${String(this.#done)} of ${String(this.#all)} objects done`)
  }

  #show(text: string): void {
    this.#status?.show([`${this.#name}  ${text}`])
  }
}
