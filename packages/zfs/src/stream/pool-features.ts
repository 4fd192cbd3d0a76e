import { type SendFlag, Z3Error } from '@z3/core'
import type { Host } from '../host.js'

/** Features of a pool that matter for streams, and whether they are in use. */
export type PoolFeatures = ReadonlyMap<string, 'enabled' | 'active'>

const asked = new WeakMap<Host, Map<string, Promise<PoolFeatures | undefined>>>()

/**
 * The features of the pool of a dataset. Each pool of a host is queried once.
 *
 * @returns undefined if unknown: no zpool command, or it is not permitted
 */
export function poolFeatures(host: Host, dataset: string): Promise<PoolFeatures | undefined> {
  const pool = dataset.split('/', 1)[0] ?? dataset
  const known = asked.get(host) ?? new Map<string, ReturnType<typeof ask>>()
  asked.set(host, known)
  const features = known.get(pool) ?? ask(host, pool)
  known.set(pool, features)
  return features
}

async function ask(host: Host, pool: string): Promise<PoolFeatures | undefined> {
  try {
    const text = await host.zpool([
      // a zfs that does not know one of the named features reports nothing, hence 'all'
      ...['get', '-Hp', '-o', 'property,value', 'all', pool],
    ])
    const found = text.matchAll(/^feature@(\S+)\t(enabled|active|disabled)$/gm)
    const features = Array.from(found)
    // a pool older than feature flags has a version number
    if (features.length === 0 && !/^version\t\d+$/m.test(text)) return undefined
    return new Map(
      features.flatMap(([, name = '', state]) =>
        state === 'enabled' || state === 'active' ? [[name, state]] : [],
      ),
    )
  } catch (error) {
    if (error instanceof Z3Error) return undefined
    throw error
  }
}

/** A flag omitted from zfs send, and why. */
export interface LeftOut {
  readonly flag: SendFlag
  /** The feature that the receiving pool lacks. */
  readonly feature: string
}

/**
 * Omit flags that the receiving pool cannot accept: it refuses a stream that uses a feature which
 * it lacks (dmu_recv.c, recv_begin_check_feature_flags_impl). Compressed and embedded blocks need
 * the features with which the source has compressed them (dmu_send.c, setup_featureflags). A raw
 * stream stays raw, since anything else is not what the user asked for.
 *
 * @param source undefined: unknown
 * @param target undefined: unknown; nothing is omitted
 */
export function fitSendFlags(
  flags: readonly SendFlag[],
  source: PoolFeatures | undefined,
  target: PoolFeatures | undefined,
): { readonly flags: readonly SendFlag[]; readonly left: readonly LeftOut[] } {
  const compression = (name: string): readonly string[] =>
    source === undefined || source.get(name) === 'active' ? [name] : []
  const needs: Readonly<Record<SendFlag, readonly string[]>> = {
    w: [],
    L: ['large_blocks'],
    e: ['embedded_data', ...compression('lz4_compress')],
    c: [...compression('lz4_compress'), ...compression('zstd_compress')],
  }
  const left = flags.flatMap((flag): LeftOut[] => {
    const feature = needs[flag].find((name) => isLacking(target, name))
    return feature === undefined ? [] : [{ flag, feature }]
  })
  return {
    flags: flags.filter((flag) => left.every((one) => one.flag !== flag)),
    left,
  }
}

/** A message about the omitted flags. */
export function describeLeftOut(left: readonly LeftOut[], dataset: string): string {
  const flags = left.map(({ flag }) => `-${flag}`).join(' ')
  const features = [...new Set(left.map(({ feature }) => feature))].join(', ')
  return `omitting ${flags} of zfs send: the pool of ${dataset} lacks the feature ${features} ('zpool upgrade' enables it)`
}

/** Whether a pool is known to lack a feature. */
export function isLacking(features: PoolFeatures | undefined, name: string): boolean {
  return features !== undefined && !features.has(name)
}

/**
 * Whether the pool of a dataset can keep partial data of an interrupted receive (zfs receive -s),
 * which needs a feature.
 */
export async function canKeepPartial(host: Host, dataset: string): Promise<boolean> {
  return !isLacking(await poolFeatures(host, dataset), 'extensible_dataset')
}
