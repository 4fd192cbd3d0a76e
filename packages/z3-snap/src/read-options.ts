import { readTagFlags, sizeFlag, usageError, type Arguments } from '@z3/cli'
import { checkDatasetName, DEFAULT_FORMATS, type Command } from '@z3/core'
import {
  backupNames,
  checkSnapshotProperties,
  parseSshAddress,
  splitCommand,
  type BackupNames,
  type SshAddress,
} from '@z3/zfs'
import { spec } from './command-line.js'

/** The checked options. */
export interface SnapOptions {
  readonly names: BackupNames
  /** Named datasets; undefined: the property selects. */
  readonly datasets: readonly string[] | undefined
  readonly recursive: boolean
  readonly exclude: readonly string[]
  readonly excludeReceived: boolean
  /** Bytes; 0: exclude none. */
  readonly excludeUnchanged: number
  /** Bytes. */
  readonly minChange: number
  /** `PROPERTY=VALUE`. */
  readonly properties: readonly string[]
  readonly pre: readonly Command[]
  readonly post: readonly Command[]
  /** undefined: this host. */
  readonly source: SshAddress | undefined
}

/**
 * Parse the options, before anything is run.
 *
 * @throws Z3Error `usage`, `invalid-name`
 */
export function readOptions(args: Arguments<typeof spec.options>): SnapOptions {
  const { dataset, recursive = false } = args
  const datasets = dataset === undefined ? undefined : list(dataset)
  if (recursive && !datasets) {
    throw usageError(spec, '--recursive requires --dataset')
  }
  const exclude = list(args.exclude)
  for (const name of [...(datasets ?? []), ...exclude]) checkDatasetName(name)
  // a value cannot contain a comma, which separates properties
  const properties = args['set-snapshot-properties']?.split(',') ?? []
  checkSnapshotProperties(properties)
  const sshSource = args['ssh-source']
  return {
    names: names(args),
    datasets,
    recursive,
    exclude,
    excludeReceived: args['exclude-received'] === true,
    excludeUnchanged: size(args, 'exclude-unchanged', 0),
    minChange: args['allow-empty'] ? 0 : size(args, 'min-change', 1),
    properties,
    pre: list(args['pre-snapshot-cmd']).map(splitCommand),
    post: list(args['post-snapshot-cmd']).map(splitCommand),
    source: sshSource === undefined ? undefined : parseSshAddress(sshSource),
  }
}

function names(args: Arguments<typeof spec.options>): BackupNames {
  const [name = ''] = args.operands
  return backupNames(name, {
    ...DEFAULT_FORMATS,
    snapshot: args['snapshot-format'],
    // without a property to read, NAME may be invalid in a property name
    property: args.dataset === undefined ? args['property-format'] : 'not:read',
    utc: args.utc === true,
    ...readTagFlags(args),
  })
}

function size(
  args: Arguments<typeof spec.options>,
  flag: 'exclude-unchanged' | 'min-change',
  otherwise: number,
): number {
  const text = args[flag]
  return text === undefined ? otherwise : sizeFlag(`--${flag}`, text)
}

function list(given: string | readonly string[] | undefined): readonly string[] {
  return [given ?? []].flat()
}
