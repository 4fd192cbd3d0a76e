import { openStoreOf } from '@z3/backup'
import { asOfOption, printable, version, type Arguments, type CommandSpec, type Io } from '@z3/cli'
import { EXIT, humanDuration, humanSize } from '@z3/core'
import { prefixOptions, tableOptions } from '../command-line.js'
import { loadAll, type ListedDataset } from '../list/load-all.js'
import { renderTable } from '../status/render-table.js'

const options = {
  ...prefixOptions,
  ...asOfOption,
  ...tableOptions,
  parseable: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print fields separated by tabs, no header, sizes in bytes, times in seconds',
  },
} as const

type Args = Arguments<typeof options>

/** z3 list's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 list',
  usage: '[options] [DATASET...]',
  description: `List the datasets that have backups under S3_PREFIX, of this host and others, without ZFS: the newest snapshot of each that can be restored, its age, the number of objects that a restore of it reads, and the bytes stored.

Changes nothing. Object metadata is cached in XDG_CACHE_HOME.`,
  options,
  common: ['bucket', 's3-prefix', 'json', 'parseable'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  conflicts: [['json', 'parseable']],
  examples: [
    ['$0', 'all datasets under S3_PREFIX'],
    ['$0 --s3-prefix hosts/ --json', 'those of all hosts, for programs'],
  ],
  exitStatus: `0 listed; 1 failed; 2 usage or configuration; 4 no backups, or no such dataset in the bucket; 128+n ended by signal n. Of datasets that cannot be read, the status of the first.`,
  version,
}

/** Run `z3 list`. */
export async function action(args: Args, io: Io): Promise<number> {
  const open = await openStoreOf(args, io)
  try {
    const prefix = open.config.settings.S3_PREFIX
    const listed = await loadAll(open, prefix, args.operands, io.signal)
    const now = Date.now() / 1000
    if (args.json) {
      const { title: store, asOf } = open.store
      const datasets = listed.map(toJson)
      const report = { store, as_of: asOf?.toISOString(), s3_prefix: prefix, datasets }
      io.stdout.write(`${JSON.stringify(report)}\n`)
    } else if (args.parseable) {
      io.stdout.write(listed.map((one) => `${parseable(one)}\n`).join(''))
    } else {
      io.stdout.write(`${table(listed, now)}\n`)
      if (!args.quiet) io.stderr.write(`${totals(listed)}\n`)
    }
    for (const { dataset, error } of listed) {
      if (error) io.stderr.write(`z3: ${printable(`${dataset}: ${error.message}`)}\n`)
    }
    return listed.find(({ error }) => error)?.error?.exitStatus ?? EXIT.ok
  } finally {
    open.store.close()
  }
}

function table(listed: readonly ListedDataset[], now: number): string {
  return renderTable(
    ['DATASET', 'NEWEST GOOD', 'AGE', 'CHAIN', 'SNAPSHOTS', 'NOT HEALTHY', 'SIZE', 'CLASS'],
    listed.map(({ dataset, summary }) => {
      if (!summary) return [dataset, '?', '?', '?', '?', '?', '?', '?']
      const { newest, snapshots, unhealthy, bytes, isSizeUnknown, classes } = summary
      return [
        dataset,
        newest?.snapshot ?? 'none',
        age(newest?.created, now),
        newest ? String(newest.chain.length) : '-',
        String(snapshots),
        String(unhealthy),
        `${isSizeUnknown ? '>' : ''}${humanSize(bytes)}`,
        classes.join(','),
      ]
    }),
  )
}

/** A creation in the future is a wrong clock's, and no age follows from it. */
function age(created: number | undefined, now: number): string {
  if (created === undefined || created > now + 1) return '?'
  return humanDuration(now - created)
}

function totals(listed: readonly ListedDataset[]): string {
  const summaries = listed.flatMap(({ summary }) => summary ?? [])
  const sum = (field: 'snapshots' | 'unhealthy' | 'bytes'): number =>
    summaries.reduce((total, summary) => total + summary[field], 0)
  const count = (number: number, noun: string): string =>
    `${String(number)} ${noun}${number === 1 ? '' : 's'}`
  const isAll = listed.every(({ summary }) => summary && !summary.isSizeUnknown)
  const size = `${isAll ? '' : 'at least '}${humanSize(sum('bytes'))}`
  return `${count(listed.length, 'dataset')}, ${count(sum('snapshots'), 'snapshot')}, ${size}; ${count(sum('unhealthy'), 'object')} not healthy`
}

/** Of numbers that are not known '-'. */
function parseable({ dataset, summary }: ListedDataset): string {
  const { newest, snapshots, unhealthy, bytes, classes = [] } = summary ?? {}
  const fields = [newest?.created, newest?.chain.length, snapshots, unhealthy, bytes]
  return [
    dataset,
    newest?.snapshot ?? '-',
    ...fields.map((field) => (field === undefined ? '-' : String(field))),
    classes.join(',') || '-',
  ].join('\t')
}

function toJson({ dataset, summary, error }: ListedDataset): object {
  if (!summary) return { dataset, error: error?.message, code: error?.code }
  const { newest, snapshots, unhealthy, bytes, isSizeUnknown, classes } = summary
  return {
    dataset,
    snapshots,
    not_healthy: unhealthy,
    bytes,
    bytes_at_least: isSizeUnknown,
    classes,
    newest_good: newest
      ? {
          name: newest.snapshot,
          guid: newest.object.guid,
          created: newest.created,
          chain: newest.chain.map(({ key }) => key),
          chain_bytes: newest.chain.reduce((sum, { bytes: size = 0 }) => sum + size, 0),
        }
      : null,
  }
}
