import type { S3Client } from '@aws-sdk/client-s3'
import type { OutgoingRequest } from './sender.js'

/** The part of the SDK's request that is needed. */
export interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>>
  readonly headers: Readonly<Record<string, string>>
}

/** What the SDK has chosen to sign a request with (@smithy/types: SelectedHttpAuthScheme). */
interface AuthScheme {
  readonly httpAuthOption: {
    readonly schemeId: string
    readonly signingProperties?: Record<string, unknown>
  }
  readonly signer: {
    sign(request: SdkRequest, identity: unknown, properties: object): Promise<SdkRequest>
  }
}

/** The part of a middleware's context that is needed. */
interface Context {
  readonly __smithy_context?: { readonly selectedHttpAuthScheme?: AuthScheme }
  /** Of a directory bucket, whose requests are signed with a session. */
  readonly s3ExpressIdentity?: unknown
}

/** In the input of a command whose request is only built; never sent. */
const TEMPLATE = Symbol('template')

/** Its output, if built with `TEMPLATE`. */
interface Built {
  readonly request: SdkRequest
  readonly context: Context
}

/** Let a client build requests for `requestTemplate`. */
export function supportTemplates(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!(TEMPLATE in args.input)) return next(args)
      const built: Built = { request: args.request as SdkRequest, context }
      return { response: undefined, output: { $metadata: {}, built } as never }
    },
    // before the signature
    { step: 'finalizeRequest', name: 'template', priority: 'high' },
  )
}

/** The key in a request for `requestTemplate` that serves many keys. */
export const ANY_KEY = 'key'

/** A request built by the SDK, to be varied and signed many times. */
export interface RequestTemplate {
  /** The path of another key, encoded, where the request was built with `ANY_KEY`. */
  pathOf(key: string): string
  /**
   * Sign the request with these values. Uses the client's current credentials and clock.
   *
   * @param path replaces that of the request; encoded
   * @param query replaces values of the query
   */
  sign(variation: {
    readonly path?: string
    readonly query: Readonly<Record<string, string>>
    readonly headers: Readonly<Record<string, string>>
  }): Promise<OutgoingRequest>
}

/**
 * Build the request of a command once. The SDK's middleware takes 2 ms for each request; the
 * signature alone takes 0.15 ms (docs/performance.md).
 *
 * @param send passes the command to the client, with one more property in its input
 * @returns undefined if the SDK would not sign the request with its plain signature (version 4)
 */
export async function requestTemplate(
  client: S3Client,
  send: (marker: object) => Promise<unknown>,
): Promise<RequestTemplate | undefined> {
  const output = (await send({ [TEMPLATE]: true })) as { readonly built: Built }
  const { request, context } = output.built
  const scheme = context.__smithy_context?.selectedHttpAuthScheme
  if (scheme?.httpAuthOption.schemeId !== 'aws.auth#sigv4' || context.s3ExpressIdentity) {
    return undefined
  }
  const kept = Object.entries(request.headers).filter(([name]) => !name.startsWith('amz-sdk-'))
  return {
    pathOf: (key) => request.path.slice(0, -ANY_KEY.length) + encodeKey(key),
    sign: async ({ path = request.path, query, headers }) => {
      const varied = {
        ...request,
        path,
        query: { ...request.query, ...query },
        headers: { ...Object.fromEntries(kept), ...headers },
      }
      const properties = scheme.httpAuthOption.signingProperties ?? {}
      // a copy: the signer writes into it
      return outgoing(
        await scheme.signer.sign(varied, await client.config.credentials(), { ...properties }),
      )
    },
  }
}

/** Encode a key for the path of a URL (RFC 3986, 2.3), as the signature demands. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The request as Node's HTTP client needs it. */
export function outgoing(request: SdkRequest): OutgoingRequest {
  const { method, protocol, hostname, port, path, query, headers } = request
  return {
    method,
    protocol,
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    path: path + queryString(query),
    headers: { ...headers },
  }
}

function queryString(query: SdkRequest['query'] = {}): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  )
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}
