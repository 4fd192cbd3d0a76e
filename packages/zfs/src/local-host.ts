import { findProgram } from '@z3/pipeline'
import type { Host } from './host.js'
import { currentUser } from './current-user.js'
import { runZfs, type ZfsHost } from './run.js'
import { zfsPath } from './zfs-path.js'

/** The host that this runs on. */
export function localHost(here: ZfsHost): Host {
  const env = { ...here.env, PATH: zfsPath(here.env) }
  return {
    title: 'this host',
    target: undefined,
    user: currentUser(),
    restricted: false,
    run: runZfs(here),
    zpool: runZfs(here, 'zpool'),
    stages: (commands) => commands,
    shown: (commands) => commands,
    hasProgram: (name) => Promise.resolve(findProgram(name, env) !== undefined),
    lost: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  }
}
