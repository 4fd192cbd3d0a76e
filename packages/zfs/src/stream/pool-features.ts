import { type SendFlag, Z3Error } from '@z3/core'
import type { Host } from '../host.js'

/** The features of a pool that streams may use, and whether they are in use. */
export type PoolFeatures = ReadonlyMap<string, 'enabled' | 'active'>

const asked = new WeakMap<Host, Map<string, Promise<PoolFeatures | undefined>>>()

/**
 * The features of the pool that a dataset is in. Each pool of a host is asked
 * once.
 *
 * @returns undefined where it is not known: there is no zpool, or it may not be
 *   run
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
      // a zfs that does not know all that is asked for by name answers nothing
      ...['get', '-Hp', '-o', 'property,value', 'all', pool],
    ])
    const found = text.matchAll(/^feature@(\S+)\t(enabled|active|disabled)$/gm)
    const features = Array.from(found)
    // a pool of a version from before there were features has a number there
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

/** A flag of zfs send, and why it is left out. */
export interface LeftOut {
  readonly flag: SendFlag
  /** What the pool that receives lacks. */
  readonly feature: string
}

/**
 * Leave out what the pool that receives cannot take: it refuses a stream that
 * uses a feature which it does not have (dmu_recv.c,
 * recv_begin_check_feature_flags_impl). Blocks that are sent compressed, and
 * embedded ones, need what the source has compressed them with (dmu_send.c,
 * setup_featureflags). A raw stream stays raw: without it nothing would be as it
 * was asked for.
 *
 * @param source undefined: not known
 * @param target undefined: not known, and nothing is left out
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

/** For people: which flags are left out, and why. */
export function describeLeftOut(left: readonly LeftOut[], dataset: string): string {
  const flags = left.map(({ flag }) => `-${flag}`).join(' ')
  const features = [...new Set(left.map(({ feature }) => feature))].join(', ')
  return `zfs send without ${flags}: the pool of ${dataset} does not have the feature ${features} ('zpool upgrade' would enable it)`
}

/** Whether a pool is known not to have a feature. */
export function isLacking(features: PoolFeatures | undefined, name: string): boolean {
  return features !== undefined && !features.has(name)
}

/**
 * Whether the pool of a dataset can keep what an interrupted receive has got
 * (zfs receive -s): it needs a feature for that.
 */
export async function canKeepPartial(host: Host, dataset: string): Promise<boolean> {
  return !isLacking(await poolFeatures(host, dataset), 'extensible_dataset')
}
