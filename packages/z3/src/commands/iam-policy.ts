import {
  prepare,
  storeSettings,
  uploadOptions,
  usageError,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
  type Prepared,
} from '@z3/cli'
import { EXIT, Z3Error } from '@z3/core'
import { findServer, profileFor } from '@z3/s3'
import { prefixOptions } from '../command-line.js'
import { POLICY_MODES, policyFor, type PolicyRequest } from '../iam/policy.js'

const options = {
  ...prefixOptions,
  ...uploadOptions,
  mode: {
    type: 'string',
    choices: POLICY_MODES,
    requiresArg: true,
    group: 'Output',
    describe: 'What the credentials are for (required)',
  },
  versions: {
    type: 'boolean',
    group: 'Output',
    describe: 'Allow --as-of (restore, verify) or --delete-versions (prune)',
  },
  thaw: {
    type: 'boolean',
    group: 'Output',
    describe: 'Allow --thaw, which costs money (restore)',
  },
} as const

type Args = Arguments<typeof options>

/** What the command line asks for. */
type Wanted = Pick<PolicyRequest, 'mode' | 'versions' | 'thaw'>

/** z3 iam-policy's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 iam-policy',
  usage: '[options] --mode MODE',
  description: `Print the least permissions that MODE needs, as an IAM policy for the bucket of the configuration and S3_PREFIX, also those of datasets ([fs:DATASET]): for backups (backup), backups without any permission to delete (append-only), restores, status and lists (restore), verification (verify) or pruning (prune).

S3_ACL, S3_TAGS, S3_LOCK, S3_LEGAL_HOLD and S3_SSE add the permissions that they need. Sends no request.`,
  options,
  common: ['mode', 'versions', 'bucket', 's3-prefix'],
  operands: { least: 0, most: 0 },
  takesCommand: false,
  examples: [
    ['$0 --mode backup > policy.json', 'for a host that backs up'],
    ['$0 --mode restore --versions', 'for restores of old versions, too'],
  ],
  exitStatus: `0 printed; 2 usage or configuration.`,
  version,
}

/** Run `z3 iam-policy`. */
export async function action(args: Args, io: Io): Promise<number> {
  const mode = POLICY_MODES.find((one) => one === args.mode)
  if (mode === undefined) {
    throw usageError(spec, `--mode is missing (allowed: ${POLICY_MODES.join(', ')})`)
  }
  const versions = args.versions === true
  if (versions && (mode === 'backup' || mode === 'append-only')) {
    throw usageError(spec, `--versions has no meaning with --mode ${mode}`)
  }
  const thaw = args.thaw === true
  if (thaw && mode !== 'restore') {
    throw usageError(spec, `--thaw has no meaning with --mode ${mode}`)
  }
  const prepared = await prepare('z3', args, io)
  const policy = policyFor(await requestsOf({ mode, versions, thaw }, prepared))
  io.stdout.write(`${JSON.stringify(policy, null, 2)}\n`)
  return EXIT.ok
}

/**
 * One request for the datasets without a section, and one for each section `[fs:…]`.
 *
 * @throws Z3Error `config` where the store is a directory
 */
async function requestsOf(
  wanted: Wanted,
  { config, store, say }: Prepared,
): Promise<readonly PolicyRequest[]> {
  const { bucket } = store
  if (bucket.kind === 'file') {
    throw new Z3Error('config', 'a directory has no IAM policy', {
      hint: 'Set BUCKET to a bucket; for a directory, use the permissions of its file system.',
    })
  }
  const { endpoint, region } = await findServer(store)
  const profile = profileFor(endpoint)
  const place = { bucket: bucket.bucket, region }
  const all = [config, ...config.datasets.map((dataset) => config.forDataset(dataset))]
  if (
    all
      .map(storeSettings)
      .some(({ sse }) => sse?.algorithm === 'aws:kms' && sse.kmsKey === undefined)
  ) {
    say(
      'z3: without S3_SSE_KMS_KEY, the policy has no KMS key: if the bucket has a customer managed key, set S3_SSE_KMS_KEY',
    )
  }
  return all.map((one) => {
    const { acl = profile.acl ?? '', tags, retention, legalHold, sse } = storeSettings(one)
    return {
      ...{ ...wanted, place },
      prefix: one.settings.S3_PREFIX,
      hasAcl: acl !== '',
      hasTags: tags !== undefined,
      hasRetention: retention !== undefined,
      hasLegalHold: legalHold,
      kmsKey: sse?.kmsKey,
      knowsIfNoneMatch: profile.name === 'aws',
    }
  })
}
