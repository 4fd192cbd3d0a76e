/** The first record of a stream, as zfs send writes it. */
export function streamHead({
  guid,
  from = 0n,
  kind = 1n,
  little,
}: {
  readonly guid: bigint
  readonly from?: bigint
  /** DMU_SUBSTREAM or DMU_COMPOUNDSTREAM. */
  readonly kind?: bigint
  readonly little: boolean
}): Buffer {
  const bytes = Buffer.alloc(312)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setBigUint64(8, 0x2f5bacbacn, little)
  // feature flags beside the kind
  view.setBigUint64(16, (0x1420004n << 2n) | kind, little)
  view.setBigUint64(40, guid, little)
  view.setBigUint64(48, from, little)
  bytes.write('tank/a@a', 56)
  return bytes
}
