import { runSubcommands, version, type Io } from '@z3/cli'
import { globals } from './command-line.js'

/**
 * z3: back up snapshots to S3, list and restore them.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export function main(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommands(
    {
      name: 'z3',
      description: 'Back up ZFS snapshots to S3, list and restore them.',
      globals,
      common: ['filesystem', 'bucket', 'endpoint', 'snapshot-prefix', 'verbose'],
      version,
      commands: {
        status: {
          describe: 'list backups and snapshots without one',
          load: () => import('./commands/status.js'),
        },
        list: {
          describe: 'list all datasets in the bucket, of this and other hosts',
          load: () => import('./commands/list.js'),
        },
        report: {
          describe: 'write a page of HTML about the backups',
          load: () => import('./commands/report.js'),
        },
        backup: {
          describe: 'upload snapshots that the bucket lacks',
          load: () => import('./commands/backup.js'),
        },
        restore: {
          describe: 'restore a snapshot and its parents',
          load: () => import('./commands/restore.js'),
        },
        verify: {
          describe: 'check that backups can be restored, without ZFS',
          load: () => import('./commands/verify.js'),
        },
        'recovery-sheet': {
          describe: 'print how to restore without this toolkit',
          load: () => import('./commands/recovery-sheet.js'),
        },
        'iam-policy': {
          describe: 'print the least permissions for a mode',
          load: () => import('./commands/iam-policy.js'),
        },
        prune: {
          describe: 'delete backups that the retention schedule does not keep',
          load: () => import('./commands/prune.js'),
        },
        copy: {
          describe: 'copy backups to another bucket or directory',
          load: () => import('./commands/copy.js'),
        },
        config: {
          describe: 'show all settings and their sources',
          load: () => import('./commands/config.js'),
        },
        init: {
          describe: 'write a configuration file, and try it',
          load: () => import('./commands/init.js'),
        },
        doctor: {
          describe: 'check this host, the configuration and the bucket',
          load: () => import('./commands/doctor.js'),
        },
        completion: {
          describe: 'print a completion script for bash, zsh or fish',
          load: () => import('./commands/completion.js'),
        },
        cleanup: {
          describe: 'abort multipart uploads left by interrupted runs',
          load: () => import('./commands/cleanup.js'),
        },
      },
    },
    argv,
    io,
  )
}
