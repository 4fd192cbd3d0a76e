import type { StoredSnapshot } from '@z3/core'
import { localHost } from '@z3/zfs'
import t from 'tap'
import {
  pastedUpload,
  PoolEndpoint,
  run,
  StoreEndpoint,
  uploadedBytes,
  type UploadStep,
} from '../src/index.js'

const host = localHost({ env: { PATH: '/nowhere' } })
const store = new StoreEndpoint(host, 'z3-backup/')
const GZIP = { file: 'gzip', args: ['-c'] }

const at = (snapshot: string, guid: string) => ({
  dataset: 'tank/data',
  snapshot,
  guid,
  created: 1_700_000_000,
  createtxg: guid,
  referenced: 0,
})

const step: UploadStep = {
  name: 'tank/data@b',
  snapshot: at('b', '2'),
  storedAs: 'b',
  base: at('a', '1'),
  parent: 'tank/data@a',
  sendFlags: ['c'],
  overwrite: false,
  size: 4096,
}

const upload = store.target({
  filters: [GZIP],
  compressor: 'gzip',
  encryptor: undefined,
  verifies: true,
  summary: undefined,
  flags: ['--bucket=b'],
})

void t.test('increments have a storage class of their own', async (t) => {
  const target = store.target({
    ...{ filters: [], compressor: undefined, encryptor: undefined, verifies: false },
    ...{ summary: undefined, flags: ['--storage-class=GLACIER_IR'], incrementClass: 'STANDARD' },
  })
  const classOf = async (one: UploadStep) =>
    (await target.receive(one))
      .flatMap(({ args }) => args)
      .filter((arg) => arg.startsWith('--storage-class'))
  t.strictSame(await classOf(step), ['--storage-class=STANDARD'])
  const full = { ...step, base: undefined, parent: undefined }
  t.strictSame(await classOf(full), ['--storage-class=GLACIER_IR'])
})

void t.test('an upload: the flags of the chain, the filters, pput with its metadata', async (t) => {
  const shown: unknown[] = []
  const print = (command: { file: string; args: readonly string[] }) =>
    [command.file, ...command.args].join(' ')
  await run([step], {
    source: new PoolEndpoint(host).source({ flags: [], estimates: false }),
    target: upload,
    transfers: undefined,
    signal: new AbortController().signal,
    onStream: (_step, commands) => {
      shown.push(commands.map(print), print(pastedUpload(commands)))
    },
  })
  const words =
    '--quiet --bucket=b --estimated 4096 --meta size=4096 --meta parent=tank/data@a' +
    ' --meta compressor=gzip --meta guid=2 --meta parent-guid=1 --meta created=1700000000' +
    ' --meta send-flags=c z3-backup/tank/data@b'
  const send = 'zfs send -c -i tank/data@a tank/data@b'
  const verify = 'zstream-verify --guid 2 --parent-guid 1'
  t.strictSame(shown, [
    [send, verify, 'gzip -c', `pput --commit-fd 3 --json ${words}`],
    `pput ${words} -- bash -o pipefail -c ${send} | ${verify} | gzip -c`,
  ])
})

void t.test('what pput prints is told when the object is there', async (t) => {
  const stored: number[] = []
  const answers = ['{"status":"success","bytes":7}', '{"status":"failed"}']
  const transfers = { run: () => Promise.resolve(answers.shift() ?? '') }
  const job = {
    source: new PoolEndpoint(host).source({ flags: [], estimates: false }),
    target: upload,
    transfers,
    signal: new AbortController().signal,
    onArrived: (_step: UploadStep, output: string) => {
      stored.push(uploadedBytes(output))
    },
  }
  await t.rejects(run([step, step], job), /unexpected output of pput/)
  t.strictSame(stored, [7])
})

void t.test('a download: z3-get, then the filters', async (t) => {
  const source = store.source(['--bucket=b'])
  const object = { key: 'z3-backup/tank/data@b', bytes: 9 } as StoredSnapshot
  const download = { object, name: 'tank/look@b', force: false, filters: [GZIP] }
  t.strictSame(await source.send(download), [
    { file: 'z3-get', args: ['--quiet', '--bucket=b', 'z3-backup/tank/data@b'] },
    GZIP,
  ])
  t.equal(await source.estimate(download), 9)
})
