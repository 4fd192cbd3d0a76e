import { describeToken, type ResumeToken } from '@z3/zfs'
import type { Dataset, PoolState } from './pool-state.js'

/** The partial data of an interrupted receive. */
export interface PartialStream {
  readonly token: string
  /** The interrupted stream; undefined: the source cannot send the rest. */
  readonly stream: ResumeToken | undefined
}

/**
 * Read the state of an interrupted receive, and ask the source for the rest.
 *
 * @param there the dataset at the target, read with `receive_resume_token`
 * @returns undefined: there is none
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
