import { EXIT, Z3Error } from '@z3/core'

/**
 * `unknown`: the check could not be made, so the result is neither good nor bad. `skipped`: the
 * check was not asked for.
 */
export type State = 'ok' | 'warning' | 'problem' | 'unknown' | 'skipped'

/** The result of one check. */
export interface Finding {
  /** Stable, for scripts: `lifecycle`. */
  readonly check: string
  readonly state: State
  /** One line: lower case, no full stop. */
  readonly text: string
  /** What to type or to change: one sentence. */
  readonly fix?: string | undefined
}

/** A finding that needs no fix. */
export const ok = (check: string, text: string): Finding => ({ check, state: 'ok', text })

export const warning = (check: string, text: string, fix: string): Finding => ({
  ...{ check, state: 'warning', text, fix },
})

export const problem = (check: string, text: string, fix: string | undefined): Finding => ({
  ...{ check, state: 'problem', text, fix },
})

export const unknown = (check: string, text: string, fix?: string): Finding => ({
  ...{ check, state: 'unknown', text, fix },
})

export const skipped = (check: string, text: string): Finding => ({
  ...{ check, state: 'skipped', text },
})

/**
 * Make a check. If it fails with an expected error, its result is unknown.
 *
 * @throws the reason of the signal; any error that is not a Z3Error
 */
export async function attempt(
  check: string,
  signal: AbortSignal,
  make: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await make()
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    return [unknown(check, error.message, error.hint)]
  }
}

/** 3: a problem; 1: a check could not be made; 0: neither, perhaps warnings. */
export function exitStatusOf(findings: readonly Finding[]): number {
  const has = (state: State) => findings.some((one) => one.state === state)
  if (has('problem')) return EXIT.integrity
  return has('unknown') ? EXIT.failed : EXIT.ok
}
