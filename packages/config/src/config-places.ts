import { isAbsolute, join } from 'node:path'

const NAMES = ['z3.conf', 'config.json', 'config.yaml']

/**
 * Where a configuration file is looked for when none is named, in order; the
 * first that exists is the only one that is read. Never the working directory:
 * the tools run as root, in directories that others may write to.
 */
export function configPlaces(env: NodeJS.ProcessEnv): readonly string[] {
  return [
    '/etc/z3_backup/z3.conf',
    ...NAMES.map((name) => join('/etc/z3', name)),
    ...userDirectories(env).flatMap((dir) => NAMES.map((name) => join(dir, 'z3', name))),
  ]
}

// XDG: a relative XDG_CONFIG_HOME is to be ignored.
function userDirectories(env: NodeJS.ProcessEnv): readonly string[] {
  const { XDG_CONFIG_HOME: xdg = '', HOME: home = '' } = env
  if (isAbsolute(xdg)) return [xdg]
  return isAbsolute(home) ? [join(home, '.config')] : []
}
