import { userInfo } from 'node:os'

/** Whom `zfs allow` would have to name. */
export function currentUser(): string {
  try {
    return userInfo().username
  } catch {
    // no entry in passwd, as in a container; zfs allow takes numbers too
    return String(process.getuid?.() ?? 'USER')
  }
}
