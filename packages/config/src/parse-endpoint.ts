import { Z3Error } from '@z3/core'

const ALLOWED = 'a host name, or a URL with http or https'

/**
 * Read an endpoint: a URL, or a bare host name with or without a port, which
 * means https. z3's HOST took the one in pput and the other in z3_get, so no
 * value ever worked for both.
 *
 * @returns a URL without a trailing slash
 * @throws Z3Error `config`
 */
export function parseEndpoint(text: string): string {
  const bare = !text.includes('://')
  const full = bare ? `https://${text}` : text
  const url = URL.canParse(full) ? new URL(full) : undefined
  // The text may hold a password before an @: never repeat it.
  if (text.includes('@')) {
    throw new Z3Error(
      'config',
      'an endpoint takes no user name or password (credentials are S3_KEY_ID and S3_SECRET)',
    )
  }
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search + url.hash !== '' ||
    (bare && text.includes('/')) ||
    /[\s?#]/.test(text)
  ) {
    throw new Z3Error('config', `'${text}' is not an endpoint (${ALLOWED})`)
  }
  return url.href.replace(/\/+$/, '')
}
