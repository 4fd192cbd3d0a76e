import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Z3Error } from '@z3/core'
import { getProxyForUrl } from 'proxy-from-env'

/** How to get to a server; plain data, for threads. */
export interface Network {
  /** URL of the proxy, credentials included. */
  readonly proxy: string | undefined
  /** PEM certificates to trust in place of Node's own. */
  readonly ca: string | undefined
}

/**
 * What the environment and the settings say of the way to a server:
 * HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl reads them.
 *
 * @param endpoint URL; none means AWS. NO_PROXY is compared with its host, not
 *   with that of a bucket in it
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
  // the library takes a bare `proxy:3128` for one that speaks what the server
  // speaks; for curl, and for everyone who writes so, it speaks HTTP
  const bare = found.replace(/^https?:\/\//, '')
  const schemeless = !bare.includes('://') && Object.values(process.env).includes(bare)
  const proxy = schemeless ? `http://${bare}` : found
  const { protocol = '' } = URL.canParse(proxy) ? new URL(proxy) : {}
  if (protocol === 'http:' || protocol === 'https:') return proxy
  // the URL may hold a password
  throw new Z3Error(
    'config',
    'the proxy that the environment names is not a URL with http or https',
    {
      hint: 'Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or name the server in NO_PROXY.',
    },
  )
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
    throw new Z3Error('config', `the CA file ${file} holds no certificate`, {
      hint,
    })
  }
  return text
}

/** For connections over TLS; made once, since it reads every certificate. */
export function secureContextFor({ ca }: Network): SecureContext | undefined {
  return ca === undefined ? undefined : createSecureContext({ ca })
}
