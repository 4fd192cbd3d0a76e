import { EXIT, humanSize, Z3Error, type ErrorCode } from '@z3/core'
import { errorFacts } from '@z3/replicate'
import type { CopyResult } from './copy-job.js'

/** One line about one object. */
export function copyLine({ name, object, action, reason, error, way }: CopyResult): string {
  const size = object.bytes === undefined ? '' : ` (${humanSize(object.bytes)})`
  switch (action) {
    case 'copy':
      return `${name}: would copy${size}`
    case 'copied':
      return `${name}: copied${size}${way === 'server' ? ', by the server' : ''}`
    case 'present':
      return `${name}: already there`
    case 'refused':
      return `${name}: not copied: ${reason ?? ''}`
    case 'failed':
      return `${name}: not copied: ${error?.message ?? ''}`
  }
}

/** `3 objects copied, 1.20M; 2 already there; 1 not copied` */
export function copyTotals(results: readonly CopyResult[], dryRun: boolean): string {
  const done = results.filter(({ action }) => action === (dryRun ? 'copy' : 'copied'))
  const bytes = done.reduce((sum, { object }) => sum + (object.bytes ?? 0), 0)
  const present = results.filter(({ action }) => action === 'present').length
  const left = results.filter(({ action }) => action === 'refused' || action === 'failed').length
  const objects = `${String(done.length)} ${done.length === 1 ? 'object' : 'objects'}`
  return `${objects} ${dryRun ? 'to copy' : 'copied'}, ${humanSize(bytes)}; ${String(present)} already there; ${String(left)} not copied`
}

/** For `--json`. */
export function copyJson({ name, object, action, reason, error, way, isCompared }: CopyResult) {
  return {
    name,
    bytes: object.bytes,
    result: action === 'copy' ? 'would copy' : action,
    way,
    compared: isCompared,
    reason,
    ...(error && errorFacts(error)),
  }
}

/** The error of a dataset of which objects were not copied. One about integrity outweighs others. */
export function copyProblem(results: readonly CopyResult[]): Z3Error | undefined {
  const left = results.filter(({ action }) => action === 'refused' || action === 'failed')
  if (left.length === 0) return undefined
  const codes = left.map(({ error }): ErrorCode => error?.code ?? 'broken-chain')
  const isDoubtful = left.some(
    ({ error }) => (error?.exitStatus ?? EXIT.integrity) === EXIT.integrity,
  )
  const [code = 'broken-chain'] = codes
  const objects = `${String(left.length)} of ${String(results.length)} objects`
  return new Z3Error(isDoubtful ? 'broken-chain' : code, `${objects} were not copied`)
}
