import { incomingFilters } from '@z3/backup'
import type { LoadedConfig } from '@z3/config'
import {
  continuationKey,
  encryptionOf,
  formatSnapshotName,
  hoursToThaw,
  humanSize,
  ownName,
  type NewestStored,
  type StoredSnapshot,
} from '@z3/core'
import { quote, renderCommand } from '@z3/pipeline'
import {
  CURL_CONFIG,
  downloadWith,
  SSE_KEY_FILE,
  type Download,
  type Downloader,
  type Place,
} from './download.js'
import type { ChainArchive } from './find-chain-archives.js'
import { thawLines } from './thaw-lines.js'

/** A dataset, and what a restore of it needs. */
export interface SheetDataset {
  readonly dataset: string
  readonly config: LoadedConfig
  readonly newest: NewestStored | undefined
  /** Objects that have to be thawed first. */
  readonly archived: readonly ChainArchive[]
  /** Why the stored objects are unknown. */
  readonly error: Error | undefined
}

/** What a recovery sheet is made from. */
export interface Sheet {
  readonly place: Place
  readonly downloader: Downloader
  readonly title: string
  /** S3_PREFIX. */
  readonly prefix: string
  readonly datasets: readonly SheetDataset[]
  readonly made: Date
}

/** Stands for the age identity where the configuration has none: a host that only encrypts. */
const IDENTITY = '/path/to/age-identity.txt'

/**
 * A page of text for the day on which there is nothing but the bucket and the keys. It is a
 * shell script, too: prose in comments, and commands of programs that every system has.
 *
 * @throws Z3Error `config` where the downloader cannot address the bucket
 */
export function recoverySheet(sheet: Sheet): string {
  const download = downloadWith(sheet.downloader, sheet.place)
  const datasets = sheet.datasets.map((one) => renderDataset(one, download))
  const archived = sheet.datasets.flatMap((one) => one.archived)
  const thaw = thawLines(sheet.place, archived)
  return [
    ...comment(intro(sheet)),
    '',
    'set -eu',
    "# To restore below another dataset: into='newpool/'",
    'into="${into-}"',
    '',
    ...(thaw.length === 0 ? [] : [...comment(thawText(archived)), ...thaw, '']),
    ...(download.definition === undefined ? [] : [download.definition]),
    'parent() { zfs list "$1" > /dev/null 2>&1 || zfs create -p -o canmount=off "$1"; }',
    'guid() { zfs list -H -p -o guid "$1"; }',
    ...datasets.flatMap((lines) => ['', ...lines]),
    '',
    ...comment([
      'Then mount what was restored:  zfs mount -a',
      'Of a raw stream (zfs send -w) first load the key:  zfs load-key DATASET',
    ]),
    '',
  ].join('\n')
}

function intro({ place, downloader, title, prefix, datasets, made }: Sheet): readonly string[] {
  const { bucket, server } = place
  const isDirectory = bucket.kind === 'file'
  const chains = datasets.flatMap(({ newest }) => newest?.chain ?? [])
  const isArchived = datasets.some(({ archived }) => archived.length > 0)
  const needed = new Set(['zfs', isDirectory ? 'cat' : downloader, ...(isArchived ? ['aws'] : [])])
  const programs = new Set(datasets.flatMap((one) => chainFilters(one).map(({ file }) => file)))
  return [
    `RECOVERY SHEET of ${made.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    '',
    `Backups:   ${title}, names that begin with '${prefix}'`,
    ...(isDirectory
      ? []
      : [`Server:    ${server.endpoint ?? 'AWS'}, region ${server.region ?? 'not set'}`]),
    `Datasets:  ${String(datasets.length)}`,
    '',
    'Restores the newest snapshot of each dataset without the toolkit that stored it.',
    'It contains no secret. Print it, and keep it away from the machine. Make a new one',
    'after each full backup and each z3 prune, and at least once a month.',
    '',
    'YOU NEED',
    `- the programs: ${[...needed, ...programs].join(', ')}`,
    ...(isDirectory ? [`- the directory ${bucket.path}`] : accessLines(downloader)),
    ...(isArchived ? ["- to thaw: a key with s3:RestoreObject, set up with 'aws configure'"] : []),
    ...(isDirectory || place.sseKeyFile === undefined
      ? []
      : [
          `- the SSE-C key (S3_SSE_C_KEY_FILE), as 32 bytes in the file ${SSE_KEY_FILE} of this`,
          `  directory (from base64: base64 -d FILE > ${SSE_KEY_FILE})`,
        ]),
    ...keyLines(chains),
    '- a pool (zpool create) with the name of the old one, or set "into" below.',
    '',
    'HOW THE OBJECTS ARE NAMED AND STORED',
    `- The object '${prefix}DATASET@SNAPSHOT' is the output of zfs send, compressed, then`,
    '  encrypted, as its user metadata say (compressor, encryptor).',
    '- Metadata isfull=true: a full stream. Otherwise parent=DATASET@SNAPSHOT names the',
    '  object to receive before it.',
    '- A stream too large for one object continues in OBJECT.z3+001, OBJECT.z3+002 and so on.',
    "- guid is that of the snapshot: 'zfs list -H -p -o guid DATASET@SNAPSHOT'.",
    '',
    'Read the commands, then type them one by one, or run all of it: sh SHEET',
    'If a transfer breaks off, zfs receive fails and leaves the last complete snapshot:',
    'repeat that command alone, then go on after it.',
  ]
}

function thawText(archived: readonly ChainArchive[]): readonly string[] {
  const classes = [...new Set(archived.map(({ archive }) => archive))].sort().join(', ')
  const hours = Math.max(...archived.map(({ archive }) => hoursToThaw(archive, 'bulk') ?? 0))
  return [
    `FIRST THAW what is archived: ${String(archived.length)} of the objects (${classes}).`,
    `'sh SHEET thaw' requests all of them: it takes up to ${String(hours)} hours, and the copies`,
    'are billed. Faster, and dearer: Standard in place of Bulk. To see whether one can be read:',
    '  aws s3api head-object --bucket BUCKET --key KEY --query Restore',
    `says ongoing-request="false". 'RestoreAlreadyInProgress': it was requested before.`,
  ]
}

function accessLines(downloader: Downloader): readonly string[] {
  if (downloader === 'aws') {
    return ["- an S3 key that may read, set up with 'aws configure'"]
  }
  return [
    `- an S3 key that may read, in the file ${CURL_CONFIG} of this directory (chmod 600):`,
    '    user = "KEY ID:SECRET"',
    '  and for temporary credentials also:',
    '    header = "x-amz-security-token: TOKEN"',
  ]
}

function keyLines(chains: readonly StoredSnapshot[]): readonly string[] {
  const kinds = new Set(chains.map(encryptionOf))
  return [
    ...(kinds.has('gpg') ? ['- the GnuPG secret key: gpg --import FILE'] : []),
    ...(kinds.has('age') ? ['- the age identity, in the file that the commands name'] : []),
    ...(chains.some(({ sendFlags }) => sendFlags.includes('w'))
      ? ['- the wrapping keys or passphrases of datasets encrypted by ZFS']
      : []),
  ]
}

function renderDataset(
  { dataset, config, newest, archived, error }: SheetDataset,
  download: Download,
): readonly string[] {
  if (error) return comment([`${dataset}: could not be read: ${error.message}`])
  if (!newest) return comment([`${dataset}: nothing that can be restored is stored`])
  const { snapshot, created, chain, object } = newest
  const bytes = chain.reduce((sum, one) => sum + (one.bytes ?? 0), 0)
  const date = created === undefined ? '' : `, taken ${new Date(created * 1000).toISOString()}`
  const above = dataset.slice(0, Math.max(0, dataset.lastIndexOf('/')))
  return [
    ...comment([
      `${dataset}@${snapshot}${date}`,
      `${String(chain.length)} ${chain.length === 1 ? 'object' : 'objects'}, ${humanSize(bytes)}`,
      ...(archived.length === 0 ? [] : ['some are archived: thaw them first, see above']),
    ]),
    ...(above === '' ? [] : [`parent ${inside(above)}`]),
    ...chain.map((one) => receiveLine(one, dataset, config, download)),
    ...(object.guid === undefined
      ? []
      : [`[ "$(guid ${inside(`${dataset}@${snapshot}`)})" = ${quote(object.guid)} ]`]),
  ]
}

function receiveLine(
  object: StoredSnapshot,
  dataset: string,
  config: LoadedConfig,
  download: Download,
): string {
  const name = formatSnapshotName({ dataset, snapshot: ownName(object) })
  return [
    downloadCommand(object, download),
    ...incomingFilters(object, withIdentity(config)).map(renderCommand),
    // unmounted, so that nothing changes it before the next increment arrives
    `zfs receive -u ${inside(name)}`,
  ].join(' | ')
}

/** A stream that exceeds one object is that of all of its objects, one after another. */
function downloadCommand({ key, objects = 1 }: StoredSnapshot, { command }: Download): string {
  const keys = [key, ...Array.from({ length: objects - 1 }, (_, i) => continuationKey(key, i + 1))]
  const commands = keys.map(command)
  return commands.length === 1 ? commands.join('') : `{ ${commands.join(' && ')}; }`
}

function chainFilters({ config, newest }: SheetDataset): ReturnType<typeof incomingFilters> {
  return (newest?.chain ?? []).flatMap((object) => incomingFilters(object, withIdentity(config)))
}

function withIdentity(config: LoadedConfig): LoadedConfig {
  const { AGE_IDENTITY = IDENTITY } = config.settings
  return { ...config, settings: { ...config.settings, AGE_IDENTITY } }
}

/** A name below `$into`. */
function inside(name: string): string {
  return `"$into"${quote(name)}`
}

/** Whatever a name holds, it cannot end the comment. */
function comment(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `# ${line.replace(/\p{Cc}/gu, '?')}`.trimEnd())
}
