import type { LoadedConfig } from '@z3/config'
import type { Transfers } from '@z3/pipeline'
import type { ObjectStore } from '@z3/s3'

/** What an object is verified with. */
export interface VerifyTools {
  readonly store: ObjectStore
  /** With the sections of the dataset. */
  readonly config: LoadedConfig
  /** The value of --config. */
  readonly configFile: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly transfers: Transfers
  readonly signal: AbortSignal
}
