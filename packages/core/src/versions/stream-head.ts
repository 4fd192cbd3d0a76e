/** The first record of a ZFS send stream: DRR_BEGIN. */
export interface StreamHead {
  /**
   * A replication or package stream (`zfs send -R`, `-I`): the streams of several snapshots after a
   * common header. It has no guids.
   */
  readonly compound: boolean
  /** The guid that `zfs receive` gives the snapshot, decimal. */
  readonly guid: string
  /** The guid of the snapshot that it starts from; undefined: a full stream. */
  readonly fromGuid: string | undefined
}

/** Bytes of DRR_BEGIN, sizeof (dmu_replay_record_t). */
export const STREAM_HEAD_BYTES = 312

/** Offsets in dmu_replay_record_t: OpenZFS, include/sys/zfs_ioctl.h. */
const TYPE = 0
const MAGIC = 8
const VERSION_INFO = 16
const TO_GUID = 40
const FROM_GUID = 48

const DRR_BEGIN = 0
/** The magic number of DRR_BEGIN. */
export const DMU_BACKUP_MAGIC = 0x2_f5ba_cbacn
/** DMU_GET_STREAM_HDRTYPE: the lowest two bits of drr_versioninfo. */
const DMU_COMPOUNDSTREAM = 2n

/**
 * The byte order of a stream, by the magic number of its first record.
 *
 * @param view at least 16 bytes from `at` on
 * @returns whether it is little-endian; undefined: not a ZFS send stream
 */
export function readByteOrder(view: DataView, at: number): boolean | undefined {
  return [true, false].find(
    (little) =>
      view.getUint32(at + TYPE, little) === DRR_BEGIN &&
      view.getBigUint64(at + MAGIC, little) === DMU_BACKUP_MAGIC,
  )
}

/**
 * Read the beginning of a ZFS send stream, of either byte order.
 *
 * @param bytes at least STREAM_HEAD_BYTES of a whole head
 * @returns undefined: not a stream, or truncated
 */
export function readStreamHead(bytes: Uint8Array): StreamHead | undefined {
  if (bytes.length < STREAM_HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = readByteOrder(view, 0)
  if (little === undefined) return undefined
  const from = view.getBigUint64(FROM_GUID, little)
  return {
    compound: (view.getBigUint64(VERSION_INFO, little) & 3n) === DMU_COMPOUNDSTREAM,
    guid: view.getBigUint64(TO_GUID, little).toString(),
    fromGuid: from === 0n ? undefined : from.toString(),
  }
}
