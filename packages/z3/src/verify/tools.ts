import type { LoadedConfig } from '@z3/config'
import type { Transfers } from '@z3/pipeline'
import type { FoundManifest, ObjectInfo, ObjectStore, ObjectSummary } from '@z3/s3'

/** What an object is verified with. */
export interface VerifyTools {
  readonly store: ObjectStore
  /** With the sections of the dataset. */
  readonly config: LoadedConfig
  /** The value of --config. */
  readonly configFile: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly transfers: Transfers
  /** The manifest in its listing; undefined: they were not listed. */
  readonly listed: { readonly manifest: ObjectSummary | undefined } | undefined
  /** A HEAD of this run has confirmed the listing: the nonce of the object. */
  readonly confirmed: Pick<ObjectInfo, 'nonce'> | undefined
  /** The `comparisonOf` the object that an earlier run has recorded. */
  readonly compared: string | undefined
  /** Tell the user of something odd. */
  readonly note: (line: string) => void
  readonly signal: AbortSignal
}

/** What is known of an object before it is read. */
export interface Known extends FoundManifest {
  readonly info: ObjectInfo
}
