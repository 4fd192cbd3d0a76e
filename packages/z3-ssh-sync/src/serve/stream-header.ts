/** Bytes of the record that a stream begins with: sizeof (dmu_replay_record_t). */
export const HEADER_BYTES = 312

/** DMU_BACKUP_MAGIC. */
const MAGIC = 0x2f5bacbacn

/** Where in the record: drr_type, drr_begin.drr_magic, drr_begin.drr_versioninfo. */
const TYPE = 0
const MAGIC_AT = 8
const VERSION_INFO = 16

/** DRR_BEGIN */
const BEGIN = 0

/** DMU_SUBSTREAM, of the lowest two bits of drr_versioninfo. */
const SUBSTREAM = 1n

/**
 * Whether a stream is of one snapshot, and brings no properties: not a compound
 * one, as `zfs send` makes with -R, -I or -p. With those `zfs receive` itself
 * renames and destroys snapshots and datasets, and sets properties, in whatever
 * is below its target (zfs_receive_package of libzfs_sendrecv.c); what is not compound goes to the
 * module, up to its end, and no further record is read. Layout: zfs_ioctl.h. A
 * stream has the byte order of the host that it was made on.
 *
 * @param header the first bytes of a stream
 */
export function isSingle(header: Buffer): boolean {
  if (header.length < HEADER_BYTES) return false
  const isLittle = header.readBigUInt64LE(MAGIC_AT) === MAGIC
  if (!isLittle && header.readBigUInt64BE(MAGIC_AT) !== MAGIC) return false
  const info = isLittle
    ? header.readBigUInt64LE(VERSION_INFO)
    : header.readBigUInt64BE(VERSION_INFO)
  // zero is the same in either order
  return header.readUInt32LE(TYPE) === BEGIN && (info & 3n) === SUBSTREAM
}
