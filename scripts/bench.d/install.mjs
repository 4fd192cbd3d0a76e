// What is compared with: Debian's packages, and the SDK outside the checkout
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { run } from './processes.mjs'
import { say } from './say.mjs'

/** Of one day, as they are published together. */
const SDK = '3.1169.0'
const pinned = {
  '@aws-sdk/client-s3': SDK,
  '@aws-sdk/lib-storage': SDK,
}

const installed = async (name) => {
  const query = ['-W', '-f', '${db:Status-Status}', name]
  const { stdout } = await run('dpkg-query', query).catch(() => ({}))
  return stdout === 'installed'
}

/** Debian packages that are not there; needs root, and says what it does. */
export const installPackages = async (names) => {
  const missing = []
  for (const name of names) if (!(await installed(name))) missing.push(name)
  if (missing.length === 0) return
  say(`apt-get install ${missing.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '-q', '--no-install-recommends', ...missing]
  try {
    await run('apt-get', install, { env })
  } catch {
    // the package lists may be missing or old
    await run('apt-get', ['update', '-q'], { env })
    await run('apt-get', install, { env })
  }
}

const cacheDir = () => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'z3-bench')

/**
 * The SDK of the peers, installed once per version; a directory in `dir` with
 * their scripts beside it.
 */
export const installPeers = async (dir) => {
  const cache = join(cacheDir(), `sdk-${SDK}`)
  const done = join(cache, 'installed')
  if (!existsSync(done)) {
    say(`npm install of the SDK ${SDK} into ${cache}`)
    await mkdir(cache, { recursive: true })
    const manifest = { private: true, dependencies: pinned }
    await writeFile(join(cache, 'package.json'), JSON.stringify(manifest))
    const quiet = ['--no-audit', '--no-fund', '--no-progress']
    await run('npm', ['install', ...quiet], { cwd: cache })
    await writeFile(done, '')
  }
  const peers = join(dir, 'peers')
  await cp(fileURLToPath(new URL('peers', import.meta.url)), peers, {
    recursive: true,
  })
  await symlink(join(cache, 'node_modules'), join(peers, 'node_modules'))
  return peers
}

/** The version that is really installed. */
export const moduleVersion = async (peers, module) => {
  const file = join(peers, 'node_modules/@aws-sdk', module, 'package.json')
  return JSON.parse(await readFile(file, 'utf8')).version
}
