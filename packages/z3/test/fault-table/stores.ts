import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { runBinary } from '@z3/fixtures'
import { damageOfStream } from '../soak/world.js'
import type { Scene } from './case.js'
import type { Lane } from './lane.js'
import type { Subject } from './subject.js'

interface StoredObject {
  readonly body: Buffer
  readonly metadata: Readonly<Record<string, string>>
}

/** Objects to begin with, by key. */
export type Seeds = ReadonlyMap<string, StoredObject>

/** Where objects to restore are: S3_PREFIX. */
export const PLAIN = 'plain/'
export const ENCRYPTED = 'encrypted/'
/** Where backups of cases go. */
const BACKUPS = 'z3-backup/'

const fetchObject = async ({ bucket }: Lane, key: string): Promise<StoredObject> => {
  const { metadata } = await bucket.head(key)
  return { body: await bucket.get(key), metadata }
}

/** Back up what there is without any fault, and keep it. */
export const makeSeeds = async (lane: Lane): Promise<Seeds> => {
  for (const [prefix, encryptor] of [
    [PLAIN, 'none'],
    [ENCRYPTED, 'age'],
  ] as const) {
    const env = { ...lane.env, S3_PREFIX: prefix, Z3_ENCRYPTOR: encryptor }
    const { code, stderr } = await runBinary('z3', ['backup', `${lane.root}/data`], { env })
    if (code !== 0) throw new Error(stderr)
  }
  const keys = await lane.bucket.keys()
  return new Map(
    await Promise.all(keys.map(async (key) => [key, await fetchObject(lane, key)] as const)),
  )
}

/** Objects of backups, but for manifests. */
const look = async ({ bucket }: Lane) =>
  new Map([...(await bucket.etags())].filter(([key]) => !key.includes('/.z3/')))

/** All the objects that a case begins with are there, and no others. */
export const resetObjects = async (lane: Lane, objects: Seeds, etags: Map<string, string>) => {
  const there = await lane.bucket.etags()
  for (const key of there.keys()) if (!objects.has(key)) await lane.bucket.remove(key)
  for (const [key, object] of objects) {
    if (there.has(key) && there.get(key) === etags.get(key)) continue
    await lane.bucket.put(key, object.body, object.metadata)
    // one that is written anew is not the one of its manifest
    if (etags.has(key)) await lane.bucket.remove(manifestOf(key))
  }
  for (const [key, etag] of await lane.bucket.etags()) etags.set(key, etag)
  await lane.bucket.abortAll()
}

const manifestOf = (key: string) => key.replace('/', '/.z3/') + '.json'

/** What earlier cases have kept at the source. */
export const dropBookmarks = ({ here, root }: Lane): Promise<string> =>
  here.must('zfs list -H -o name -t bookmark -r "$D/data" | xargs -r -n 1 zfs destroy', { D: root })

const BACKUP_SCENES: Partial<
  Record<
    Scene,
    { readonly args: readonly string[]; readonly base: boolean; readonly snapshot: 'a' | 'b' }
  >
> = {
  'backup: full': { args: ['--snapshot', 'a'], base: false, snapshot: 'a' },
  'backup: encrypted': { args: ['--snapshot', 'a'], base: false, snapshot: 'a' },
  'backup: increment': { args: [], base: true, snapshot: 'b' },
  'backup: overwriting': {
    args: ['--full', '--overwrite', '--snapshot', 'a'],
    base: true,
    snapshot: 'a',
  },
}

/** A backup into the bucket. */
export const backupSubject = (
  lane: Lane,
  scene: Scene,
  seeds: Seeds,
  guids: ReadonlyMap<string, string>,
  etags: Map<string, string>,
): Subject => {
  const found = BACKUP_SCENES[scene]
  if (!found) throw new Error(scene)
  const { args, base, snapshot } = found
  const dataset = `${lane.root}/data`
  const key = `${BACKUPS}${dataset}@${snapshot}`
  const parent = `${BACKUPS}${dataset}@a`
  const seed = seeds.get(`${PLAIN}${dataset}@a`)
  if (!seed) throw new Error('no seed')
  const env = { Z3_ENCRYPTOR: scene === 'backup: encrypted' ? 'age' : 'none' }
  const words = ['backup', dataset, ...args]
  return {
    binary: 'z3',
    args: words,
    env,
    reset: async () => {
      await dropBookmarks(lane)
      const objects = new Map([...seeds, ...(base ? [[parent, seed] as const] : [])])
      await resetObjects(lane, objects, etags)
    },
    look: () => look(lane),
    wanted: [key],
    ...(scene === 'backup: overwriting' ? { replaced: [key] } : {}),
    mayStand: (_, { code, killed, stdout, stderr }) =>
      String(stdout).includes(`${dataset}@${snapshot}: `) ||
      killed ||
      code === 6 ||
      /complet|the run itself has ended/i.test(stderr),
    damage: async (name) => {
      if (name !== key) return 'it is none of this backup'
      const { body, metadata } = await fetchObject(lane, name)
      const damage = damageOf(lane, body, metadata, guids.get(snapshot) ?? 'none')
      return damage ?? (await damageOfManifest(lane, name, body))
    },
    pending: () => pendingUploads(lane),
    deeds: {
      'deletes the parent': () => lane.bucket.remove(parent),
      'stores the same key': () => lane.bucket.put(key, Buffer.from('theirs')),
      'aborts all uploads': () => lane.bucket.abortAll(),
      'runs the same command': () => runBinary('z3', words, { env: { ...lane.env, ...env } }),
    },
  }
}

/** Nobody but the case has uploads there; one cleanup is allowed. */
const pendingUploads = async (lane: Lane): Promise<readonly string[]> => {
  const { bucket } = lane
  if ((await bucket.pending()).length === 0) return []
  const env = { ...lane.env, ...bucket.env }
  const { code, stderr } = await runBinary('z3', ['cleanup', '--all', '--older-than', '0s'], {
    env,
  })
  const left = await bucket.pending()
  return code === 0 ? left : [...left, stderr]
}

const damageOf = (
  { home }: Lane,
  body: Buffer,
  metadata: Readonly<Record<string, string>>,
  guid: string,
): string | undefined => {
  try {
    const plain =
      metadata['encryptor'] === 'age'
        ? execFileSync('age', ['-d', '-i', `${home}/identity`], { input: body, stdio: 'pipe' })
        : body
    return damageOfStream(metadata['compressor'] === 'pigz1' ? gunzipSync(plain) : plain, guid)
  } catch (error) {
    return String(error)
  }
}

/** A manifest that is there is that of the object. */
const damageOfManifest = async (lane: Lane, key: string, body: Buffer) => {
  const name = manifestOf(key)
  if (!(await lane.bucket.keys()).includes(name)) return undefined
  const { sha256, bytes } = JSON.parse(String((await fetchObject(lane, name)).body)) as {
    sha256: string
    bytes: number
  }
  if (bytes !== body.byteLength) return 'its manifest has another size'
  const found = createHash('sha256').update(body)
  return [found.copy().digest('hex'), found.digest('base64')].includes(sha256)
    ? undefined
    : 'its manifest has another hash'
}

/** A backup into a directory. */
export const directorySubject = (
  lane: Lane,
  guids: ReadonlyMap<string, string>,
  isFull: boolean,
): Subject => {
  const dataset = `${lane.root}/data`
  const key = `${BACKUPS}${dataset}@a`
  const root = isFull ? `${lane.small}/store` : `${lane.home}/store`
  const env = { BUCKET: `file://${root}` }
  const fillers = `${lane.small}/filler`
  const files = () =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`)
  return {
    binary: 'z3',
    args: ['backup', dataset, '--snapshot', 'a'],
    env,
    reset: async () => {
      await dropBookmarks(lane)
      rmSync(root, { recursive: true, force: true })
      mkdirSync(root)
      // less room than a backup takes
      if (isFull) writeFileSync(fillers, Buffer.alloc(900_000))
    },
    relieve: () => {
      rmSync(fillers, { force: true })
      return Promise.resolve()
    },
    look: async () => {
      const { code, stdout } = await runBinary('z3-get', ['-q', key], { env })
      return new Map(code === 0 ? [[key, String(stdout.byteLength)]] : [])
    },
    wanted: [key],
    mayStand: (_, { killed, stderr, stdout }) =>
      killed ||
      /complet|exists, but a crash may|the run itself has ended/i.test(stderr) ||
      String(stdout).includes(`${dataset}@a: `),
    damage: async () => {
      const { stdout } = await runBinary('z3-get', ['-q', key], { env })
      return damageOf(lane, stdout, { compressor: 'pigz1' }, guids.get('a') ?? 'none')
    },
    pending: async () => {
      const words = ['cleanup', '--all', '--older-than', '0s']
      const { code, stderr } = await runBinary('z3', words, { env: { ...lane.env, ...env } })
      const all = files()
      const described = all.filter((file) => file.endsWith('.z3.json'))
      const text = described.map((file) => readFileSync(file, 'utf8')).join('\n')
      const left = all.filter(
        (file) =>
          !described.includes(file) && !text.includes(file.slice(file.lastIndexOf('.') + 1)),
      )
      return code === 0 ? left : [...left, stderr]
    },
    deeds: {},
  }
}

/** A look at all that is stored. */
export const verifySubject = (lane: Lane, seeds: Seeds, etags: Map<string, string>): Subject => {
  const dataset = `${lane.root}/data`
  const key = `${PLAIN}${dataset}@a`
  return {
    binary: 'z3',
    args: ['verify', dataset],
    env: { S3_PREFIX: PLAIN },
    reset: () => resetObjects(lane, seeds, etags),
    look: () => look(lane),
    wanted: [],
    mayStand: () => false,
    damage: () => Promise.resolve('it was not there before'),
    pending: () => pendingUploads(lane),
    deeds: {
      'deletes the object': () => lane.bucket.remove(key),
      'replaces the object': () => replace(lane, key),
      'runs the same command': () =>
        runBinary('z3', ['verify', dataset], { env: { ...lane.env, S3_PREFIX: PLAIN } }),
    },
  }
}

/** Another object of the same size and metadata. */
export const replace = async (lane: Lane, key: string): Promise<void> => {
  const { body, metadata } = await fetchObject(lane, key)
  await lane.bucket.put(key, Buffer.from(body).reverse(), metadata)
}
