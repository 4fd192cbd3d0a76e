import {
  checkUpload,
  checkUploads,
  flagValues,
  jsonOption,
  printable,
  storeSettings,
  uploadOptions,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
  type StoreSettings,
} from '@z3/cli'
import { loadConfig, type LoadedConfig } from '@z3/config'
import { withDataset } from '@z3/backup'
import { Z3Error } from '@z3/core'
import { globals } from '../command-line.js'
import { checkHost } from '../doctor/check-host.js'
import { checkStore } from '../doctor/check-store.js'
import { exitStatusOf, type Finding } from '../doctor/finding.js'
import { checkConfig, configProblems } from '../doctor/host/check-config.js'
import { countFindings, renderFindings } from '../doctor/render.js'

const options = {
  ...globals,
  ...uploadOptions,
  write: {
    type: 'boolean',
    group: 'Checks',
    describe: 'Store, read and delete a scratch object under S3_PREFIX, too',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only warnings, problems and unknown results',
  },
  ...jsonOption,
} as const

type Args = Arguments<typeof options>

/** z3 doctor's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 doctor',
  usage: '[options] [DATASET]',
  description: `Check this host, the configuration and the bucket, and print what is wrong and how to correct it.

Each result is ok, warning, problem, or unknown: the check could not be made, for example because the key may not read a setting of the bucket. Without --write, changes nothing.`,
  options,
  common: ['filesystem', 'write', 'quiet', 'json', 'bucket'],
  operands: { least: 0, most: 1 },
  takesCommand: false,
  examples: [
    ['$0 tank/data', 'changes nothing'],
    ['$0 --write tank/data', 'try a small object, too'],
  ],
  exitStatus: `0 no problem, perhaps warnings; 1 a check could not be made, and no problem was found; 2 usage; 3 a problem was found; 128+n ended by signal n.`,
  version,
}

/** Run `z3 doctor`. */
export async function action(args: Args, io: Io): Promise<number> {
  const findings = await diagnose(args, io)
  if (args.json) {
    io.stdout.write(`${JSON.stringify({ status: statusOf(findings), findings })}\n`)
  } else {
    const shown = args.quiet
      ? findings.filter(({ state }) => state !== 'ok' && state !== 'skipped')
      : findings
    io.stdout.write(renderFindings(shown))
    if (!args.quiet) io.stderr.write(`${printable(countFindings(findings))}\n`)
  }
  return exitStatusOf(findings)
}

async function diagnose(args: Args, io: Io): Promise<readonly Finding[]> {
  const { config, findings } = await readConfig(args, io)
  const dataset = args.operands[0] ?? args.filesystem ?? config?.settings.FILESYSTEM
  const host = await checkHost(config, dataset, io)
  const store = config ? await storeOf(config, args, io) : []
  return [...findings, ...host, ...store]
}

/** Errors of the configuration are findings; those of the command line are thrown. */
async function readConfig(
  args: Args,
  io: Io,
): Promise<{ config: LoadedConfig | undefined; findings: readonly Finding[] }> {
  try {
    const all = await loadConfig({
      flags: flagValues(withDataset(args, args.operands[0])),
      env: io.env,
      configFile: args.config,
    })
    const config = all.forDataset(all.settings.FILESYSTEM)
    return { config, findings: await checkConfig(config, io.env) }
  } catch (error) {
    return { config: undefined, findings: problemsOf(error) }
  }
}

async function storeOf(config: LoadedConfig, args: Args, io: Io): Promise<readonly Finding[]> {
  try {
    const settings = storeSettings(config)
    const wrong = uploadProblems(config, settings)
    return [...wrong, ...(await checkStore(config, settings, args.write === true, io))]
  } catch (error) {
    io.signal.throwIfAborted()
    // BUCKET is not set, an SSE-C key or a CA file cannot be read
    return problemsOf(error)
  }
}

function uploadProblems(config: LoadedConfig, settings: StoreSettings): readonly Finding[] {
  try {
    checkUpload(settings)
    checkUploads(config, [])
    return []
  } catch (error) {
    return problemsOf(error)
  }
}

/** @throws an error that is not one of the configuration */
function problemsOf(error: unknown): readonly Finding[] {
  if (!(error instanceof Z3Error) || error.code !== 'config') throw error
  return configProblems(error)
}

function statusOf(findings: readonly Finding[]): string {
  const has = (state: Finding['state']) => findings.some((one) => one.state === state)
  if (has('problem')) return 'problems'
  if (has('unknown')) return 'unknown'
  return has('warning') ? 'warnings' : 'ok'
}
