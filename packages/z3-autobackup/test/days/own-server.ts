import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { serverBucket, type TestBucket } from '@z3/fixtures'

const script = fileURLToPath(new URL('../../../../scripts/s3-server', import.meta.url))

/** A bucket of a radosgw whose clock is the test's. */
export interface OwnServer {
  readonly bucket: TestBucket
  /** Seconds by which the server's clock is ahead of this machine's. */
  setAhead(seconds: number): void
  stop(): Promise<void>
}

/** Start a radosgw beside the servers of the other tests; its clock is right until it is set. */
export const ownServer = async (name: string): Promise<OwnServer> => {
  const full = `${name}-${String(process.pid)}`
  const home = mkdtempSync(`${tmpdir()}/z3-clock-`)
  const clock = `${home}/clock`
  const setAhead = (seconds: number): void => {
    writeFileSync(clock, `${seconds < 0 ? '' : '+'}${String(seconds)}\n`)
  }
  setAhead(0)
  const exports = execFileSync(
    script,
    ['start', '--name', full, '--owner', String(process.pid), '--clock', clock],
    { encoding: 'utf8' },
  )
  const value = (key: string): string => {
    const found = new RegExp(`\\b${key}=(\\S+)`).exec(exports)
    if (!found?.[1]) throw new Error(`s3-server has not printed ${key}`)
    return found[1]
  }
  const address = {
    ...{ name: full, instance: full, kind: 'rgw' as const },
    endpoint: value('S3_ENDPOINT'),
    keyId: value('S3_KEY_ID'),
    secret: value('S3_SECRET'),
  }
  const bucket = await serverBucket(address)
  return {
    bucket,
    setAhead,
    stop: async () => {
      await bucket.close()
      execFileSync(script, ['stop', full], { stdio: 'ignore' })
      rmSync(home, { recursive: true })
    },
  }
}
