import { stat } from 'node:fs/promises'
import { outgoingFilters } from '@z3/backup'
import { configPlaces, describeSource, OPTIONS, parseBucket, type LoadedConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import { ok, problem, unknown, warning, type Finding } from '../finding.js'

const CHECK = 'configuration'

/** The configuration file and its settings, as far as no server is needed. */
export async function checkConfig(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const { file, warnings } = config
  return [
    ok(CHECK, file === undefined ? 'no file: options and environment only' : `read ${file}`),
    ...(file === undefined ? [] : await checkFile(file, hasSecret(config))),
    ...(await findUnread(file, env)),
    ...warnings
      // checkFile says it, with its fix
      .filter((text) => !text.includes('is readable by every user'))
      .map((text) => warning(CHECK, text, 'Correct or remove the setting.')),
    ...credentialFindings(config),
    ...filterFindings(config),
  ]
}

/** The findings for a configuration that cannot be used: one for each line of the error. */
export function configProblems(error: Z3Error): readonly Finding[] {
  const [first = '', ...others] = error.message.split('\n').map((line) => line.trim())
  return (others.length > 0 ? others : [first]).map((text) => problem(CHECK, text, error.hint))
}

const isFrom = ({ sources }: LoadedConfig, kind: string) =>
  OPTIONS.filter(({ key, secret }) => secret && sources[key].kind === kind).map(({ key }) => key)

function hasSecret(config: LoadedConfig): boolean {
  return isFrom(config, 'file').length > 0
}

async function checkFile(file: string, isSecret: boolean): Promise<readonly Finding[]> {
  const { mode } = await stat(file)
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  const findings: Finding[] = []
  if ((mode & 0o002) !== 0) {
    const what = `${file} can be written by every user (mode ${octal})`
    findings.push(problem(CHECK, what, `Run: chmod go-w '${file}'`))
  }
  if (isSecret && (mode & 0o004) !== 0) {
    const what = `${file} contains credentials and can be read by every user (mode ${octal})`
    findings.push(problem(CHECK, what, `Run: chmod 600 '${file}'`))
  } else if (isSecret && (mode & 0o040) !== 0) {
    const what = `${file} contains credentials and can be read by its group (mode ${octal})`
    findings.push(warning(CHECK, what, `Run: chmod 600 '${file}', unless the group needs it.`))
  }
  return findings
}

/** @returns undefined: unknown */
async function hasFile(path: string): Promise<boolean | undefined> {
  try {
    await stat(path)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return ['ENOENT', 'ENOTDIR'].includes(code) ? false : undefined
  }
}

/** Only the first file that exists is read. */
async function findUnread(
  file: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const place of configPlaces(env)) {
    if (place === file) continue
    const exists = await hasFile(place)
    if (exists === undefined) findings.push(unknown(CHECK, `cannot look for ${place}`))
    if (exists) {
      const what = `${place} is not read, since ${String(file)} is`
      findings.push(warning(CHECK, what, `Keep one of the files.`))
    }
  }
  return findings
}

function credentialFindings({ settings, sources }: LoadedConfig): readonly Finding[] {
  const { BUCKET: bucket, S3_KEY_ID: id } = settings
  if (bucket === undefined || parseBucket(bucket).kind === 'file') return []
  return [
    ok(
      'credentials',
      id === undefined
        ? 'S3_KEY_ID is not set: AWS profiles and roles are used'
        : `S3_KEY_ID and S3_SECRET from ${describeSource(sources.S3_KEY_ID)}`,
    ),
  ]
}

function filterFindings(config: LoadedConfig): readonly Finding[] {
  try {
    outgoingFilters(config)
    return []
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    return [problem(CHECK, error.message, error.hint)]
  }
}
