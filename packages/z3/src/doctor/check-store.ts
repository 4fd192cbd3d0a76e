import { printable, writeLog, type Io, type StoreSettings } from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import { openInspection, openStore, type BucketInspection, type ObjectStore } from '@z3/s3'
import { attempt, skipped, type Finding } from './finding.js'
import {
  checkLifecycle,
  checkUploads,
  lockFinding,
  versioningFinding,
} from './store/check-bucket.js'
import { checkDirectory } from './store/check-directory.js'
import { checkLeases } from './store/check-leases.js'
import { checkServer, checkTransport, clockFinding } from './store/check-server.js'
import { checkWrite, type WriteCheck } from './store/check-write.js'

/** A check should not take a quarter of an hour: milliseconds. */
const MOST_RETRY = 30_000

/**
 * The checks of the bucket or directory.
 *
 * @param write store, read and delete a scratch object, too
 */
export async function checkStore(
  config: LoadedConfig,
  settings: StoreSettings,
  write: boolean,
  { signal, stderr }: Pick<Io, 'signal' | 'stderr'>,
): Promise<readonly Finding[]> {
  const { bucket, ...all } = settings
  const options = {
    ...all,
    retryFor: Math.min(all.retryFor, MOST_RETRY),
    // a lock would keep the scratch object
    retention: undefined,
    legalHold: false,
  }
  const store = await openStore(bucket, options)
  const inspection =
    bucket.kind === 's3' ? await openInspection({ ...options, bucket: bucket.bucket }) : undefined
  const { S3_PREFIX: prefix, MANIFEST: manifest } = config.settings
  try {
    const { findings, isReached } = await checkServer(store, prefix, signal)
    if (!isReached) return findings
    return [
      ...findings,
      ...(inspection
        ? await checkBucket(config, settings, { store, inspection, signal })
        : bucket.kind === 'file'
          ? await checkDirectory(bucket.path)
          : []),
      ...(await attempt('uploads', signal, () => checkUploads(store, prefix, signal))),
      ...(await attempt('leases', signal, () => checkLeases(store, prefix, signal))),
      ...(write
        ? await checkWrite({
            ...{ store, inspection, prefix, hasManifests: manifest === 'yes', signal },
            unencrypted: unencrypted(settings, options),
            onLeft: ({ text, fix }) => {
              const hint = fix === undefined ? undefined : printable(fix)
              writeLog(stderr, 'z3', { level: 'warning', message: printable(text), hint })
            },
          })
        : [skipped('write', 'add --write to store, read and delete a scratch object')]),
    ]
  } finally {
    store.close()
    inspection?.close()
  }
}

/** The same store without encryption by the server; undefined: there is none. */
function unencrypted(
  { bucket, sse, sseKeyFile }: StoreSettings,
  options: Parameters<typeof openStore>[1],
): WriteCheck['unencrypted'] {
  if (!sse && sseKeyFile === undefined) return undefined
  return () => openStore(bucket, { ...options, sse: undefined, sseKeyFile: undefined })
}

/** What is being inspected. */
interface Bucket {
  readonly store: ObjectStore
  readonly inspection: BucketInspection
  readonly signal: AbortSignal
}

async function checkBucket(
  config: LoadedConfig,
  { endpoint, tags = [] }: StoreSettings,
  { store, inspection, signal }: Bucket,
): Promise<readonly Finding[]> {
  const { S3_PREFIX: prefix, RETENTION: retention } = config.settings
  const clock = (store.now().getTime() - Date.now()) / 1000
  const versioning = await versioningOf(store, signal)
  return [
    ...checkTransport(endpoint),
    clockFinding(clock),
    ...versioning.findings,
    ...(await attempt('object-lock', signal, async () => [
      lockFinding(await inspection.hasObjectLock(signal), config.settings),
    ])),
    ...(await attempt('lifecycle', signal, () =>
      checkLifecycle(
        inspection,
        { prefix, tags, versioning: versioning.status, isPruned: retention !== undefined },
        signal,
      ),
    )),
  ]
}

async function versioningOf({ versions }: ObjectStore, signal: AbortSignal) {
  let status: Awaited<ReturnType<NonNullable<typeof versions>['status']>>
  const findings = await attempt('versioning', signal, async () => {
    status = await versions?.status(signal)
    return [versioningFinding(status)]
  })
  return { status, findings }
}
