import { parseAge } from '@z3/core'
import { invalid } from '../problem.js'

/** How long Object Lock protects a new object, and from whom. */
export interface LockRetention {
  /** `governance`: users with a special permission can delete earlier; `compliance`: nobody can. */
  readonly mode: 'governance' | 'compliance'
  /** From the start of the upload. */
  readonly seconds: number
}

/** The longest default retention of a bucket (AWS: DefaultRetention), seconds. */
const LONGEST = 36_500 * 86_400

/**
 * Read S3_LOCK: `none`, `governance:30d`, `compliance:1y`.
 *
 * @returns undefined: none
 * @throws Z3Error that says what is wrong and what is allowed, but not where
 */
export function parseLock(text: string): LockRetention | undefined {
  if (text === 'none') return undefined
  const [, mode, age] = /^(governance|compliance):(\d+[a-z]+)$/.exec(text) ?? []
  if (mode === undefined || age === undefined) {
    throw invalid(
      `'${text}' is not a retention (allowed: none, governance:AGE, compliance:AGE, with an age such as 30d, 6m or 1y)`,
    )
  }
  const seconds = parseAge(age)
  if (seconds <= 0 || seconds > LONGEST) {
    throw invalid(`'${text}' is not a retention (allowed: more than 0 and at most 36500d)`)
  }
  return { mode: mode === 'governance' ? mode : 'compliance', seconds }
}
