import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Z3Error } from '@z3/core'
import { getProxyForUrl } from 'proxy-from-env'

/** How to reach a server; plain data, for threads. */
export interface Network {
  /** URL of the proxy, credentials included. */
  readonly proxy: string | undefined
  /** PEM certificates to trust instead of Node's own. */
  readonly ca: string | undefined
}

/**
 * Read the proxy settings of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as in
 * curl) and the CA file.
 *
 * @param endpoint URL; undefined: AWS. NO_PROXY is compared with its host, not with that of a
 *   bucket
 * @throws Z3Error `config`
 */
export function readNetwork(
  endpoint: string | undefined,
  region: string | undefined,
  caFile: string | undefined,
): Network {
  const url = endpoint ?? `https://s3.${region ? `${region}.` : ''}amazonaws.com`
  return {
    proxy: proxyFor(url),
    ca: url.startsWith('https:') ? readCa(caFile) : undefined,
  }
}

function proxyFor(url: string): string | undefined {
  const found = getProxyForUrl(url)
  if (found === '') return undefined
  // for a bare `proxy:3128`, the library assumes the protocol of the server; curl and users mean
  // HTTP
  const bare = found.replace(/^https?:\/\//, '')
  const schemeless = !bare.includes('://') && Object.values(process.env).includes(bare)
  const proxy = schemeless ? `http://${bare}` : found
  const { protocol = '' } = URL.canParse(proxy) ? new URL(proxy) : {}
  if (protocol === 'http:' || protocol === 'https:') return proxy
  // the URL may contain a password
  throw new Z3Error('config', 'the proxy in the environment is not an http or https URL', {
    hint: 'Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or add the server to NO_PROXY.',
  })
}

function readCa(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const hint = 'Check S3_CA_FILE, AWS_CA_BUNDLE and SSL_CERT_FILE.'
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { message } = error as Error
    throw new Z3Error('config', `cannot read the CA file ${file}: ${message}`, {
      hint,
      cause: error,
    })
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Z3Error('config', `the CA file ${file} contains no certificate`, {
      hint,
    })
  }
  return text
}

/** For TLS connections; created once, since it parses every certificate. */
export function secureContextFor({ ca }: Network): SecureContext | undefined {
  return ca === undefined ? undefined : createSecureContext({ ca })
}
