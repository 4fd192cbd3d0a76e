/**
 * Where zfs is installed: Debian's packages and Linux distributions at large,
 * FreeBSD, and a build of one's own. cron's PATH and that of an ordinary user
 * have none of them.
 */
const ADMIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** What programs are searched in where there is no PATH at all. */
const DEFAULT = '/usr/local/bin:/usr/bin:/bin'

/**
 * The PATH to run `zfs` with: the caller's, then the directories of the
 * administrator's programs that it lacks. Whatever the caller's PATH finds is
 * still found first.
 */
export function zfsPath(env: NodeJS.ProcessEnv): string {
  // an empty PATH would mean the working directory
  const path = env['PATH'] === undefined || env['PATH'] === '' ? DEFAULT : env['PATH']
  const present = path.split(':')
  return [path, ...ADMIN.filter((dir) => !present.includes(dir))].join(':')
}
