import { runCommand, type Io } from '@z3/cli'
import { spec } from './command-line.js'

/**
 * z3-ssh-sync: send snapshots to another host, or receive them.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === 'serve') {
    // internal: a pipeline stage of serve
    if (argv[1] === 'check-stream') {
      return (await import('./serve/check-stream.js')).checkStream(io)
    }
    const serve = await import('./serve/command.js')
    return runCommand(serve.spec, argv.slice(1), io, serve.action)
  }
  return runCommand(spec, argv, io, async (args, io) => {
    // help and usage errors load nothing of it
    const { sync } = await import('./sync.js')
    return sync(args, io)
  })
}
