import type { ErrorCode } from '@z3/core'
import { Z3Error } from '@z3/core'
import type { ObjectStore } from '@z3/s3'
import { ok, problem, unknown, warning, type Finding } from '../finding.js'

/** The check to which an error of the first request belongs. */
const CHECK_OF: Partial<Readonly<Record<ErrorCode, string>>> = {
  'store-unavailable': 'endpoint',
  'bad-credentials': 'credentials',
  'access-denied': 'credentials',
  'clock-skew': 'clock',
}

/** Whether the bucket can be reached and listed. */
export interface Reached {
  readonly findings: readonly Finding[]
  /** Further requests make sense. */
  readonly isReached: boolean
}

/**
 * List the first object under the prefix: the request that every command on the bucket begins with.
 *
 * @throws the reason of the signal
 */
export async function checkServer(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<Reached> {
  try {
    const first = await store.list(prefix, signal)[Symbol.asyncIterator]().next()
    const isEmpty = first.done === true
    const what = isEmpty
      ? `contains nothing under '${prefix}'`
      : `contains objects under '${prefix}'`
    return { findings: [ok('bucket', `${store.title} ${what}`)], isReached: true }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    const check = CHECK_OF[error.code] ?? 'bucket'
    return {
      findings: [
        problem(check, error.message, error.hint),
        unknown('bucket', 'its settings were not checked, since it cannot be listed'),
      ],
      isReached: false,
    }
  }
}

/** Whether others can read the traffic. */
export function checkTransport(endpoint: string | undefined): readonly Finding[] {
  if (endpoint === undefined) return []
  const { protocol, hostname } = new URL(endpoint)
  const isLocal = hostname === 'localhost' || /^127\.|^\[::1\]$/.test(hostname)
  if (protocol === 'https:' || isLocal) return []
  return [
    warning(
      'endpoint',
      `${endpoint} has no TLS: data and object names can be read on the way`,
      'Use https:// if the server supports it, or an ENCRYPTOR.',
    ),
  ]
}

/** Seconds by which a clock may differ before it is mentioned: certificates, ages, retention. */
const MOST_SKEW = 60

/** Seconds from which servers refuse requests. */
const REFUSED_SKEW = 15 * 60

/** @param ahead of this host's clock, that of the server, seconds */
export function clockFinding(ahead: number): Finding {
  const seconds = Math.round(Math.abs(ahead))
  if (seconds <= MOST_SKEW) return ok('clock', `differs from the server's by ${String(seconds)} s`)
  const what = `this host is ${String(seconds)} s ${ahead > 0 ? 'behind' : 'ahead of'} the server`
  const fix = "Set the clock: 'timedatectl set-ntp true', or 'chronyc makestep'."
  return seconds > REFUSED_SKEW ? problem('clock', what, fix) : warning('clock', what, fix)
}
