import { describeToken, type ResumeToken } from '@z3/zfs'
import type { Dataset, PoolState } from './pool-state.js'

/** What an interrupted receive has saved at a target. */
export interface PartialStream {
  readonly token: string
  /** The stream that was cut; undefined: the source cannot send the rest of it. */
  readonly stream: ResumeToken | undefined
}

/**
 * Read what an interrupted receive has saved, and ask the source for the rest.
 *
 * @param there the dataset at the target, read with `receive_resume_token`
 * @returns undefined: nothing is saved
 * @throws Z3Error of zfs
 */
export async function readPartial(
  source: PoolState,
  there: Dataset | undefined,
): Promise<PartialStream | undefined> {
  const token = there?.properties['receive_resume_token']
  return token === undefined
    ? undefined
    : { token, stream: await describeToken(source.read, token) }
}
