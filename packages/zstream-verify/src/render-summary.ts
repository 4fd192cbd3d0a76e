import type { StreamSummary } from '@z3/zstream'

/**
 * A summary as one line of JSON. Guids and checksums are strings, since they have 64 bits and a
 * JSON number only 53.
 */
export function renderSummary({ streams, ...all }: StreamSummary): string {
  return JSON.stringify({
    package: all.isPackage,
    fromsnap: all.fromsnap,
    tosnap: all.tosnap,
    bytes: all.bytes,
    streams: streams.map((stream) => ({
      toname: stream.toname,
      toguid: String(stream.toguid),
      fromguid: stream.fromguid === 0n ? null : String(stream.fromguid),
      creation: stream.creation,
      featureflags: stream.features,
      records: stream.records,
      objects: stream.objects,
      bytes: stream.bytes,
      fletcher4: stream.fletcher4.map((sum) => sum.toString(16).padStart(16, '0')).join(':'),
    })),
  })
}
