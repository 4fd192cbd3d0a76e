import type { RedrawnLines } from '@z3/cli'

/**
 * The status text of the service during a verification: the transfer that runs, and how many objects
 * are checked.
 */
export class VerifyStatus implements RedrawnLines {
  readonly #status: RedrawnLines
  #line = ''
  #checked = 0
  #chosen = 0
  #isAll = false

  constructor(status: RedrawnLines) {
    this.#status = status
  }

  get room(): RedrawnLines['room'] {
    return this.#status.room
  }

  /** The objects of a dataset are being listed. */
  list(dataset: string): void {
    this.#draw(`listing ${dataset}`)
  }

  /**
   * So many more objects are to be checked.
   *
   * @param isAll no further ones follow
   */
  expect(objects: number, isAll: boolean): void {
    this.#chosen += objects
    this.#isAll = isAll
    this.#draw()
  }

  /** An object was checked. */
  count(): void {
    this.#checked += 1
    this.#draw()
  }

  /** The first line of the transfers. */
  show([line = '']: readonly string[]): void {
    this.#line = line
    this.#draw()
  }

  #draw(first = this.#line): void {
    const more = this.#isAll ? '' : ' or more'
    const objects = `${String(this.#checked)} of ${String(this.#chosen)}${more} objects checked`
    const parts = [first, this.#chosen > 0 ? objects : '']
    this.#status.show([parts.filter((part) => part !== '').join('; ')])
  }
}
