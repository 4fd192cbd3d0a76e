import type { StoredPlace } from '@z3/backup'
import type { LoadedConfig } from '@z3/config'
import type { CopyStep, Z3Error } from '@z3/core'
import type { CopiedObject } from '@z3/s3'
import type { Thaw } from '../thaw/thaw-options.js'
import type { Sleep } from '../thaw/wait-thawed.js'

/** What one dataset needs. */
export interface CopyJob {
  readonly from: StoredPlace
  readonly to: StoredPlace
  /** The server of both stores can copy. */
  readonly isSameServer: boolean
  readonly concurrency: number
  /** Bytes. */
  readonly memory: number
  /** Compare with manifests, and copy them. */
  readonly usesManifests: boolean
  readonly dryRun: boolean
  /** Of `from`. */
  readonly config: LoadedConfig
  /** Undefined: archived objects are not thawed. */
  readonly thaw: Thaw | undefined
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  readonly tell: (line: string) => void
  readonly onDone: (result: CopyResult) => void
  /** For tests. */
  readonly sleep?: Sleep | undefined
}

/** What became of an object. */
export interface CopyResult extends Omit<CopyStep, 'action'> {
  readonly action: CopyStep['action'] | 'copied' | 'failed'
  readonly error?: Z3Error
  readonly way?: CopiedObject['way']
  /** The data was compared with a checksum. */
  readonly isCompared?: boolean
}
