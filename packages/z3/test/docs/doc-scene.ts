/** The machine that the pages assume, on which their commands run as they are printed. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  docPool,
  serverBucket,
  startShell,
  testHosts,
  testServers,
  type TestBucket,
  type TestPool,
} from '@z3/fixtures'

/** What a page assumes, apart from the pool `tank`. */
export interface SceneOptions {
  /** More pools. */
  readonly pools?: readonly string[]
  /** Without /etc/z3_backup/z3.conf: the page makes it, or sets the environment. */
  readonly unconfigured?: boolean
  /** The bucket keeps versions. */
  readonly versioning?: boolean
  /** A script of bash that runs first. RUN runs a program where the files of the pools are. */
  readonly setup?: string
}

export interface CommandResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface DocScene {
  /**
   * Run a command in the shell of the scene, which keeps its directory and its variables.
   *
   * @param printed a command of the page: replace what it has in place of the real names, and keep
   *   its standard output in $SCENE/shown
   * @throws Error if the shell ends
   */
  run(command: string, options?: { readonly printed: boolean }): Promise<CommandResult>
  /** The same; fails unless it exits 0. */
  must(command: string): Promise<void>
  close(): Promise<void>
}

/**
 * What the pages print, and what stands for it here. The time of `--as-of` is that of the first
 * command of the page.
 */
const substitutes = (bucket: TestBucket, offsite: TestBucket) => {
  const { S3_ENDPOINT: endpoint = '', S3_KEY_ID: id = '', S3_SECRET: secret = '' } = bucket.env
  let began: string | undefined
  return (printed: string) =>
    Object.entries({
      'https://s3.example.com': endpoint,
      'S3_KEY_ID=...': `S3_KEY_ID=${id}`,
      'S3_SECRET=...': `S3_SECRET=${secret}`,
      'my-backups': bucket.bucket,
      's3://offsite': `s3://${offsite.bucket}`,
      '2026-11-28 14:30': (began ??= new Date().toISOString()),
    }).reduce((text, [name, value]) => text.replaceAll(name, value), printed)
}

const configuration = ({ env }: TestBucket): string =>
  [
    '[main]',
    ...Object.entries(env).map(([key, value]) => `${key} = ${value}`),
    'SNAPSHOT_PREFIX =',
    '',
  ].join('\n')

/**
 * Make the pools, the buckets and the files, and start a shell.
 *
 * @param dir an empty directory
 */
export async function openDocScene(dir: string, options: SceneOptions): Promise<DocScene> {
  const server = testServers().find(({ name }) => name === 'rgw')
  if (!server) throw new Error('no radosgw')
  const pools: TestPool[] = []
  for (const name of ['tank', ...(options.pools ?? [])]) pools.push(await docPool(name))
  const bucket = await serverBucket(server)
  const offsite = await serverBucket(server)
  if (options.versioning) await bucket.setVersioning('Enabled')
  const replaceNames = substitutes(bucket, offsite)
  writeFileSync(`${dir}/z3.conf`, configuration(bucket), { mode: 0o600 })
  writeFileSync(`${dir}/offsite.conf`, configuration(offsite), { mode: 0o600 })

  const { address, key, knownHosts } = testHosts().source
  const shell = startShell('exec unshare -m bash "$SCRIPT"', {
    env: {
      ROOT: fileURLToPath(new URL('../../../../', import.meta.url)),
      SCRIPT: fileURLToPath(new URL('scene.sh', import.meta.url)),
      SCENE: dir,
      HOME: '/root',
      NODE: process.execPath,
      RUN: process.env['Z3_TEST_RUN'] ?? '',
      POOLS: pools.map(({ name }) => name).join(' '),
      CONFIGURED: options.unconfigured ? '' : 'yes',
      SSH_ADDRESS: address,
      SSH_KEY: key,
      SSH_KNOWN_HOSTS: knownHosts,
    },
    descriptors: ['pipe', 'pipe'],
  })
  const [, , , commands, statuses] = shell.child.stdio as unknown as [
    unknown,
    unknown,
    unknown,
    Writable,
    Readable,
  ]
  commands.on('error', () => undefined)
  const lines = statuses.setEncoding('utf8')[Symbol.asyncIterator]()
  const run: DocScene['run'] = async (command, { printed } = { printed: false }) => {
    commands.write(`${printed ? replaceNames(command) : command}\0`)
    const { done, value } = (await lines.next()) as IteratorResult<string, undefined>
    if (done) throw new Error(`the shell of the scene has ended: ${(await shell.ended).stderr}`)
    const stdout = readFileSync(`${dir}/stdout`, 'utf8')
    if (printed) writeFileSync(`${dir}/shown`, stdout)
    return {
      status: Number(value),
      stdout,
      stderr: readFileSync(`${dir}/stderr`, 'utf8'),
    }
  }
  const scene: DocScene = {
    run,
    must: async (command) => {
      const { status, stdout, stderr } = await run(`(set -e\n${command}\n)`)
      if (status !== 0) throw new Error(`exit ${String(status)}: ${command}\n${stdout}${stderr}`)
    },
    close: async () => {
      commands.end()
      await shell.ended
      bucket.client.destroy()
      offsite.client.destroy()
      for (const pool of pools.reverse()) await pool.close()
    },
  }
  return scene
}
