import pMap from 'p-map'

/** Datasets are loaded together until they have so many objects: that bounds the memory. */
export const OBJECTS_AT_ONCE = 10_000

/** How much is verified at most, and how. */
export interface Bounds {
  /** At once. */
  readonly parallel: number
  /** No object is begun after this, milliseconds of `now`; undefined: no end. */
  readonly deadline: number | undefined
  readonly now: () => number
}

/**
 * Verify objects in order, several at once, until the time is up.
 *
 * @throws what `verify` throws, first when those that had begun are done
 */
export async function verifyAll<T>(
  objects: readonly T[],
  verify: (object: T) => Promise<void>,
  { parallel, deadline, now }: Bounds,
): Promise<void> {
  const failures: unknown[] = []
  await pMap(
    objects,
    async (object) => {
      if (failures.length > 0 || (deadline !== undefined && now() >= deadline)) return
      try {
        await verify(object)
      } catch (error) {
        failures.push(error)
      }
    },
    { concurrency: parallel },
  )
  if (failures.length > 0) throw failures[0]
}
