/** Where the objects are, as a policy names it. */
export interface PolicyPlace {
  /** A name, `tenant:name` of Ceph, or the ARN of an access point. */
  readonly bucket: string
  readonly region: string | undefined
}

/** The resource of requests on the bucket itself. */
export function bucketArn({ bucket, region }: PolicyPlace): string {
  if (bucket.startsWith('arn:')) return bucket
  const [name = '', tenant = ''] = bucket.split(':').reverse()
  return `arn:${partitionOf(region)}:s3::${tenant}:${name}`
}

/**
 * The resource of objects.
 *
 * @param pattern of keys, with `*` for any text
 */
export function objectArn(place: PolicyPlace, pattern: string): string {
  return place.bucket.startsWith('arn:')
    ? `${place.bucket}/object/${pattern}`
    : `${bucketArn(place)}/${pattern}`
}

/** A text in which nothing is a pattern or a variable (AWS: "Policy variables", special characters). */
export function literal(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`)
}

/** AWS: "Amazon Resource Names", partitions. */
export function partitionOf(region = ''): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
