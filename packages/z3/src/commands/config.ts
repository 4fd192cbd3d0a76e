import { withDataset } from '@z3/backup'
import { flagValues, version, type Arguments, type CommandSpec, type Io, jsonOption } from '@z3/cli'
import { explainConfig, loadConfig } from '@z3/config'
import { EXIT } from '@z3/core'
import { globals } from '../command-line.js'
import { renderTable } from '../status/render-table.js'

const options = {
  ...globals,
  ...jsonOption,
} as const

type Args = Arguments<typeof options>

/** z3 config's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 config',
  usage: '[options] [DATASET]',
  description: `Show all settings, their values and where each value comes from. Masks secrets. With DATASET, apply its section of the configuration file.`,
  options,
  common: ['filesystem', 'json', 'verbose'],
  operands: { least: 0, most: 1 },
  takesCommand: false,
  examples: [
    ['$0 tank/data', 'settings of tank/data'],
    ['$0 --config /etc/z3/test.yaml --json', 'check a file before you use it'],
  ],
  exitStatus: `0 shown; 2 usage or configuration.`,
  version,
}

/** Run `z3 config`. */
export async function action(args: Args, io: Io): Promise<number> {
  const all = await loadConfig({
    flags: flagValues(withDataset(args, args.operands[0])),
    env: io.env,
    configFile: args.config,
  })
  for (const warning of all.warnings) io.stderr.write(`z3: ${warning}\n`)
  const rows = explainConfig(all.forDataset(all.settings.FILESYSTEM))
  if (args.json) {
    io.stdout.write(`${JSON.stringify({ file: all.file ?? null, settings: rows })}\n`)
    return EXIT.ok
  }
  io.stdout.write(
    `${renderTable(
      ['KEY', 'VALUE', 'SOURCE'],
      rows.map(({ key, value, source }) => [key, value ?? '-', source]),
    )}\n`,
  )
  return EXIT.ok
}
