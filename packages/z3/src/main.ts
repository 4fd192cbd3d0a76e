import { runSubcommands, version, type Io } from '@z3/cli'
import { globals } from './command-line.js'

/**
 * z3: back up snapshots to S3, show what is there, restore it.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export function main(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommands(
    {
      name: 'z3',
      description: 'Back up ZFS snapshots to S3, show what is there, and restore it.',
      globals,
      version,
      commands: {
        status: {
          describe: 'show what is stored, and what is not',
          load: () => import('./commands/status.js'),
        },
        backup: {
          describe: 'store the snapshots that are missing',
          load: () => import('./commands/backup.js'),
        },
        restore: {
          describe: 'receive a snapshot and what it builds on',
          load: () => import('./commands/restore.js'),
        },
        config: {
          describe: 'show every setting and where it comes from',
          load: () => import('./commands/config.js'),
        },
        cleanup: {
          describe: 'drop what runs that died have left pending',
          load: () => import('./commands/cleanup.js'),
        },
      },
    },
    argv,
    io,
  )
}
