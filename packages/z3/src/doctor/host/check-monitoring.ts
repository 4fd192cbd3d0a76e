import { checkMetricsFile } from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import { Z3Error, type Command } from '@z3/core'
import { findProgram } from '@z3/pipeline'
import { ok, problem, skipped, warning, type Finding } from '../finding.js'
import { CRON_PATH } from './check-programs.js'

type Find = typeof findProgram

/**
 * Whether a run can report its result: METRICS_FILE, NOTIFY_COMMAND, PING_URL. Nothing is written,
 * run or requested.
 *
 * @param find the place of a program in a PATH
 */
export async function checkMonitoring(
  { settings }: Pick<LoadedConfig, 'settings'>,
  env: NodeJS.ProcessEnv,
  find: Find = findProgram,
): Promise<readonly Finding[]> {
  const { METRICS_FILE: file, NOTIFY_COMMAND: command, PING_URL: url } = settings
  if (file === undefined && command === undefined && url === undefined) {
    const what =
      'none of METRICS_FILE, PING_URL and NOTIFY_COMMAND is set: a failed run tells nobody'
    return [skipped('monitoring', what)]
  }
  return [
    ...(file === undefined ? [] : await metricsFindings(file)),
    ...(command === undefined ? [] : [commandFinding(command, env, find)]),
    ...(url === undefined ? [] : [pingFinding(url)]),
  ]
}

async function metricsFindings(file: string): Promise<readonly Finding[]> {
  try {
    await checkMetricsFile(file)
  } catch (error) {
    return [
      problem(
        'metrics-file',
        `METRICS_FILE cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        error instanceof Z3Error
          ? error.hint
          : 'Create the directory of METRICS_FILE, writable by the user who runs z3, or correct METRICS_FILE.',
      ),
    ]
  }
  if (file.endsWith('.prom')) return [ok('metrics-file', `METRICS_FILE ${file} can be written`)]
  const what = `METRICS_FILE ${file}: node_exporter reads only files whose names end in .prom`
  return [warning('metrics-file', what, `Set METRICS_FILE = ${file}.prom`)]
}

function commandFinding({ file }: Command, env: NodeJS.ProcessEnv, find: Find): Finding {
  const check = 'notify-command'
  const place = find(file, env)
  if (place === undefined) {
    const what = `NOTIFY_COMMAND: '${file}' is no executable program${file.startsWith('/') ? '' : ' in PATH'}`
    return problem(check, what, `Install ${file}, or correct NOTIFY_COMMAND.`)
  }
  if (find(file, { PATH: CRON_PATH }) === undefined) {
    const what = `NOTIFY_COMMAND: '${file}' is not in cron's PATH (${CRON_PATH})`
    return warning(check, what, `Write its path into NOTIFY_COMMAND: ${place}`)
  }
  return ok(check, `NOTIFY_COMMAND runs ${place}`)
}

/** The URL is a secret. The configuration accepts only http and https. */
function pingFinding(url: string): Finding {
  if (new URL(url).protocol === 'https:') return ok('ping-url', 'PING_URL is a URL; not requested')
  const what = 'PING_URL has no TLS: who reads the traffic can report runs'
  return warning('ping-url', what, 'Use https:// if the service supports it.')
}
