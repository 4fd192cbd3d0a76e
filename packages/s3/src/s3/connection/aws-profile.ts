import { parseKnownFiles, getProfileName } from '@smithy/core/config'
import { Z3Error } from '@z3/core'

/** Connection settings in the files of AWS tools. */
interface AwsProfile {
  readonly endpoint: string | undefined
  readonly region: string | undefined
}

/**
 * Read the endpoint and region of the profile in AWS_PROFILE, with the rules of the AWS SDKs:
 * `endpoint_url` of `s3` in the profile's `services` section overrides that of the profile.
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html)
 *
 * The SDK would read them too late: the addressing and the requests depend on the endpoint.
 *
 * @throws Z3Error `config` for an invalid endpoint
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
      `AWS profile ${name}: endpoint_url '${endpoint}' is not an http or https URL`,
      { hint: 'Correct endpoint_url in ~/.aws/config, or set S3_ENDPOINT.' },
    )
  }
  return { endpoint, region: profile['region'] || undefined }
}
