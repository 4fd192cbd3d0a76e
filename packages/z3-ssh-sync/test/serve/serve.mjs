// serve.mjs ARGUMENTS: what `z3-ssh-sync serve` does, as a process whose input and
// output are its own
import { run, runCommand } from '@z3/cli'
import { checkStream } from '../../dist/serve/check-stream.js'
import { action, spec } from '../../dist/serve/command.js'

await run('z3-ssh-sync', (argv, io) =>
  argv[1] === 'check-stream'
    ? checkStream(io)
    : runCommand({ ...spec, program: 'z3-ssh-sync' }, argv, io, (args) => action(args, io)),
)
