import { KEY, OURS, type Case, type Outcome } from './run-case.js'

/** What must not be. In words; undefined where it is not. */
export interface Verdict {
  /** Exit 0, and the object is not there, whole and ours. */
  readonly falseSuccess: string | undefined
  /** What stands or has gone is not what exit status and message say. */
  readonly untold: string | undefined
  /** An upload stays pending without a word. */
  readonly orphan: string | undefined
  readonly hang: string | undefined
  /** It failed, though the fault was a moment's. */
  readonly needless: string | undefined
}

/** What is said by errors behind Complete; of all others: nothing was stored. */
const CLAIMS: Readonly<
  Record<string, { ours: boolean | 'unknown'; oldGone: boolean | 'unknown' }>
> = {
  'checksum-missing': { ours: true, oldGone: 'unknown' },
  // or: the server shows no object
  'completed-unchecked': { ours: true, oldGone: 'unknown' },
  'completion-unknown': { ours: 'unknown', oldGone: 'unknown' },
  'object-changed': { ours: 'unknown', oldGone: 'unknown' },
}

/** Compare how a case ended with what the server has, and has seen. */
export const judge = (one: Case, outcome: Outcome, body: Buffer): Verdict => {
  const { status, err, fake } = outcome
  const found = fake.objects.get(KEY)
  const ours = found?.metadata['run'] === OURS
  const whole = ours && found.body.equals(body)
  const success = status === 0
  const pending = [...fake.uploads.values()].filter(({ metadata }) => metadata['run'] === OURS)
  const told = /may (?:still )?be pending|z3 cleanup aborts/.test(err)
  return {
    falseSuccess:
      success && !whole ? `exit 0, and ${found ? 'another object' : 'nothing'} there` : undefined,
    untold: status === 'hang' ? undefined : success ? replaced(one) : untold(one, outcome),
    orphan: pending.length > 0 && !told ? `${String(pending.length)} pending` : undefined,
    hang: status === 'hang' ? `${String(fake.requests.length)} requests` : undefined,
    needless: one.mends && !success ? `exit ${String(status)}` : undefined,
  }
}

const replaced = ({ exists, overwrite }: Case) =>
  exists && !overwrite ? 'the old object was replaced' : undefined

const untold = (one: Case, { status, code = '', err, fake }: Outcome): string | undefined => {
  const run = fake.objects.get(KEY)?.metadata['run']
  const claim = claimOf(code, err)
  const stands = run === OURS
  if (stands && claim.ours === false) return 'our object stands'
  if (!stands && claim.ours === true) return 'our object is not there'
  if ((status === 6) !== ['completed-unchecked', 'completion-unknown'].includes(code)) {
    return `status ${String(status)} with ${code}`
  }
  const asked = fake.requests.some(({ op }) => op === 'CompleteMultipartUpload')
  if (status === 6 && !asked) return 'Complete was never sent'
  if (one.exists && run === undefined && claim.oldGone === false) return 'the old object is gone'
  return undefined
}

const claimOf = (code: string, err: string) => {
  const claim = CLAIMS[code]
  if (/The server shows no object/.test(err))
    return { ours: 'unknown', oldGone: 'unknown' } as const
  if (claim) return claim
  if (code.endsWith('-mismatch')) {
    if (/The object was deleted/.test(err)) return { ours: false, oldGone: false }
    if (/may still exist/.test(err))
      return { ours: 'unknown' as const, oldGone: 'unknown' as const }
    if (/It has replaced the overwritten object|The object was kept/.test(err))
      return { ours: true, oldGone: 'unknown' as const }
  }
  return { ours: false, oldGone: false }
}
