/** What the system says, without the call and the path. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return shortReason(message, code)
}

const REASONS: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'no such file or directory',
  EACCES: 'permission denied',
  ELOOP: 'not a regular file',
}

/** The same for an error that came from a thread. */
export function shortReason(message: string, code: string | undefined): string {
  return REASONS[code ?? ''] ?? message.replace(/^E\w+: /, '').replace(/, \w+( .*)?$/s, '')
}
