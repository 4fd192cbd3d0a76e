import { parseKnownFiles, getProfileName } from '@smithy/core/config'
import { Z3Error } from '@z3/core'

/** What the files of AWS tools say of the connection. */
interface AwsProfile {
  readonly endpoint: string | undefined
  readonly region: string | undefined
}

/**
 * Read the endpoint and the region of the profile that AWS_PROFILE names, by
 * the rules of AWS's SDKs: `endpoint_url` of `s3` in the profile's `services`
 * section wins over that of the profile.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html)
 *
 * The SDK would find both by itself, but too late: the endpoint decides how
 * buckets are addressed and what the server is asked for.
 *
 * @throws Z3Error `config` for an endpoint that is none
 */
export async function readAwsProfile(env: NodeJS.ProcessEnv): Promise<AwsProfile> {
  const files = await parseKnownFiles({})
  const name = getProfileName({})
  const profile = files[name] ?? {}
  const services = files[`services.${profile['services'] ?? ''}`] ?? {}
  const ignored =
    env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true' ||
    profile['ignore_configured_endpoint_urls'] === 'true'
  const endpoint = ignored
    ? undefined
    : services['s3.endpoint_url'] || profile['endpoint_url'] || undefined
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw new Z3Error(
      'config',
      `the AWS profile ${name}: endpoint_url '${endpoint}' is not a URL with http or https`,
      { hint: 'Correct endpoint_url in ~/.aws/config, or set S3_ENDPOINT.' },
    )
  }
  return { endpoint, region: profile['region'] || undefined }
}
