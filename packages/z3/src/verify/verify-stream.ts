import { storeFlags } from '@z3/backup'
import { ownName, Z3Error, type StoredSnapshot } from '@z3/core'
import { openStream } from '../restore/open-stream.js'
import type { Known, VerifyTools } from './tools.js'

/** Which snapshot a stream makes, and of which one. */
export interface StreamIdentity {
  /** Decimal. */
  readonly toguid: string
  /** Null: a full stream. */
  readonly fromguid: string | null
}

/** What `zstream-verify --json` prints, as far as it is used here. */
interface Summary {
  readonly package: boolean
  readonly streams: readonly (StreamIdentity & {
    readonly toname: string
    readonly fletcher4: string
  })[]
}

/**
 * Download an object, decrypt and decompress it, and parse the stream to its
 * last record, as a restore would, but for `zfs receive`.
 *
 * @throws Z3Error `stream-mismatch` where it is not the stream of this
 *   snapshot; PipelineError; those of `openStream`
 */
export async function verifyStream(
  object: StoredSnapshot,
  { info, manifest }: Known,
  { store, config, configFile, env, transfers, signal }: VerifyTools,
): Promise<{
  readonly bytes: number
  readonly stream: StreamIdentity | undefined
}> {
  const { size } = info
  const { filters } = await openStream(object, { store, config, env, signal })
  const output = await transfers.run(
    {
      name: `${object.dataset}@${object.snapshot}`,
      stages: [
        {
          file: 'z3-get',
          args: ['--quiet', ...storeFlags(config, configFile, 'z3-get', store.asOf), object.key],
        },
        ...filters,
        { file: 'zstream-verify', args: ['--check', '--json'] },
      ],
      expected: size,
      commit: false,
    },
    signal,
  )
  const summary = JSON.parse(output) as Summary
  const stream = summary.streams.find(({ toguid, toname }) =>
    object.guid === undefined ? toname.endsWith(`@${ownName(object)}`) : toguid === object.guid,
  )
  const problem = identityProblem(object, summary, stream)
  if (problem !== undefined) {
    throw new Z3Error('stream-mismatch', `object '${object.key}' ${problem}`)
  }
  if (manifest?.stream && stream?.fletcher4 !== manifest.stream.fletcher4) {
    throw new Z3Error(
      'stream-mismatch',
      `object '${object.key}' holds another stream than its manifest names`,
    )
  }
  // a package may begin anywhere: its list says where, and zfs receive reads it
  return { bytes: size, stream: summary.package ? undefined : stream }
}

function identityProblem(
  { guid, parent, parentGuid }: StoredSnapshot,
  { package: isPackage, streams }: Summary,
  stream: StreamIdentity | undefined,
): string | undefined {
  if (!stream) {
    const found = streams.map(({ toname, toguid }) => `${toname} (guid ${toguid})`).join(', ')
    const expected = guid === undefined ? '' : `, and not guid ${guid}`
    return `holds the stream of another snapshot: ${found}${expected}`
  }
  if (isPackage) return undefined
  const { fromguid } = stream
  if (parent === undefined && fromguid !== null) return 'is not a full stream, as it should be'
  if (parent !== undefined && fromguid === null) return 'is a full stream, and not an increment'
  return parentGuid !== undefined && fromguid !== parentGuid
    ? `starts from another snapshot than ${String(parent)}: guid ${String(fromguid)}, not ${parentGuid}`
    : undefined
}
