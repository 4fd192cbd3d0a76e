import type { Arguments, Io } from '@z3/cli'
import { createTransfers } from '@z3/pipeline'
import { zfsPath } from '@z3/zfs'
import type { Options } from './command-line.js'
import { Log } from './log.js'
import type { AutobackupOptions } from './options.js'
import type { World } from './world.js'

/** What a run talks through and works with. */
export function createWorld(args: Arguments<Options>, options: AutobackupOptions, io: Io): World {
  const env = { ...io.env, PATH: zfsPath(io.env) }
  const isTerminal = io.isTerminal(2)
  const plain = (io.env['NO_COLOR'] ?? '') !== ''
  const log = new Log({
    out: (text) => (args.json ? io.stderr : io.stdout).write(text),
    err: (text) => io.stderr.write(text),
    verbose: args.verbose === true || options.test,
    debug: args.debug === true || args['debug-output'] === true,
    outColour: !plain && io.isTerminal(args.json ? 2 : 1),
    errColour: !plain && isTerminal,
  })
  const progress = args.progress === true
  const quiet = args['no-progress'] === true
  return {
    options,
    log,
    env,
    signal: io.signal,
    transfers: options.test
      ? undefined
      : createTransfers(
          {
            env,
            isTerminal,
            progress,
            quiet,
            verbose: false,
            say: (line) => {
              log.note(line)
            },
            tell: (line) => {
              log.debug(line)
            },
          },
          // how many streams there will be, the targets say later
          undefined,
        ),
    estimates: !quiet && (isTerminal || progress),
    now: Math.trunc(Date.now() / 1000),
    stopsAtFirst: args.debug === true,
  }
}
