import { openStoreOf } from '@z3/backup'
import {
  printable,
  storeSettings,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { EXIT, Z3Error } from '@z3/core'
import { findServer, type ObjectStore } from '@z3/s3'
import { prefixOptions } from '../command-line.js'
import { loadAll, type ListedDataset } from '../list/load-all.js'
import { DOWNLOADERS } from '../recovery/download.js'
import { findChainArchives } from '../recovery/find-chain-archives.js'
import { recoverySheet, type SheetDataset } from '../recovery/sheet.js'

const options = {
  ...prefixOptions,
  with: {
    type: 'string',
    choices: DOWNLOADERS,
    default: 'curl',
    requiresArg: true,
    group: 'Output',
    describe: 'Program that downloads: curl (7.88 or newer) or aws',
  },
} as const

type Args = Arguments<typeof options>

/** z3 recovery-sheet's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 recovery-sheet',
  usage: '[options] [DATASET...]',
  description: `Print a page that explains how to restore the newest snapshot of each dataset under S3_PREFIX without this toolkit: where the objects are, which keys are needed, and the commands, with curl or aws, the decryption and decompression programs, and zfs. It is a shell script that can also be run. If objects are archived (S3 Glacier), it has the commands that thaw them, with aws.

Changes nothing. Contains no secret.`,
  options,
  common: ['bucket', 's3-prefix', 'with'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  examples: [
    ['$0 > sheet.txt', 'all datasets under S3_PREFIX'],
    ['$0 --with aws tank/data', 'one dataset'],
  ],
  exitStatus: `0 printed; 1 failed; 2 usage or configuration; 3 a dataset has no snapshot that can be restored; 4 no backups, or no such dataset in the bucket; 128+n ended by signal n.`,
  version,
}

/** Run `z3 recovery-sheet`. */
export async function action(args: Args, io: Io): Promise<number> {
  const open = await openStoreOf(args, io)
  const { config, store } = open
  try {
    const settings = storeSettings(config)
    const { S3_PREFIX: prefix } = config.settings
    const listed = await loadAll(open, prefix, args.operands, io.signal)
    const server = settings.bucket.kind === 's3' ? await findServer(settings) : settings
    const datasets: SheetDataset[] = []
    for (const one of listed) datasets.push(await withArchives(one, store, io.signal))
    const text = recoverySheet({
      place: { ...settings, server },
      downloader: DOWNLOADERS.find((one) => one === args.with) ?? 'curl',
      title: store.title,
      prefix,
      datasets,
      made: new Date(),
    })
    io.stdout.write(text)
    const lacking = datasets.filter(({ newest }) => !newest)
    for (const { dataset, error } of lacking) {
      const why = error?.message ?? 'nothing that can be restored is stored'
      io.stderr.write(`z3: ${printable(`${dataset}: ${why}`)}\n`)
    }
    return lacking.length === 0 ? EXIT.ok : EXIT.integrity
  } finally {
    store.close()
  }
}

/** A chain whose archived objects are not known is not printed as one that can be read. */
async function withArchives(
  { summary, ...one }: ListedDataset,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<SheetDataset> {
  const newest = summary?.newest
  try {
    return { ...one, newest, archived: await findChainArchives(store, newest?.chain ?? [], signal) }
  } catch (error) {
    if (!(error instanceof Z3Error) || signal.aborted) throw error
    return { ...one, newest: undefined, archived: [], error }
  }
}
