import { Z3Error } from './errors.js'

/**
 * The error of one name for two snapshots, or for what cannot be told to be
 * one.
 *
 * @param here the guid of the one on this host
 * @param there the guid of the stored one, where it has one
 */
export function snapshotConflict(
  name: string,
  here: string,
  there: string | undefined,
  hint: string,
): Z3Error {
  const message =
    there === undefined
      ? `'${name}' may be another snapshot here than in the store: guid ${here} here, unknown there`
      : `'${name}' is another snapshot here than in the store: guid ${here} here, ${there} there`
  return new Z3Error('snapshot-conflict', message, { hint })
}
