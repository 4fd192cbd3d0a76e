const NATIVE = 0
const XDR = 1

const TYPE_UINT64 = 8
const TYPE_STRING = 9

/**
 * Parse a packed nvlist (OpenZFS `module/nvpair/nvpair.c`) in either encoding, and return the
 * numbers and strings at its top level. In XDR (packages), nested lists are skipped by their sizes;
 * in the native encoding (the kernel's list after BEGIN) a nested list follows its pair, and
 * parsing stops at the first one.
 *
 * @returns the values by name; undefined if the sizes are inconsistent
 */
export function readNvlist(bytes: Uint8Array): ReadonlyMap<string, bigint | string> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength < 12) return undefined
  try {
    switch (view.getUint8(0)) {
      case XDR:
        return readXdr(view)
      case NATIVE:
        return readNative(view, view.getUint8(1) === 1)
      default:
        return undefined
    }
  } catch (error) {
    // a size or name exceeds the data
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Header (4), version, flags; pairs of encoded size, decoded size, name, type, count, value; two zeros. */
function readXdr(view: DataView): Map<string, bigint | string> | undefined {
  const values = new Map<string, bigint | string>()
  let at = 12
  for (;;) {
    const size = view.getUint32(at)
    if (size === 0) {
      const isEnd = view.getUint32(at + 4) === 0 && at + 8 === view.byteLength
      return isEnd ? values : undefined
    }
    if (size < 20) return undefined
    const [name, behind] = readXdrString(view, at + 8)
    const type = view.getUint32(behind)
    const value = behind + 8
    if (type === TYPE_UINT64) values.set(name, view.getBigUint64(value))
    if (type === TYPE_STRING) values.set(name, readXdrString(view, value)[0])
    at += size
  }
}

/** A string, and the offset of the next item: items are multiples of 4 bytes. */
function readXdrString(view: DataView, at: number): [string, number] {
  const length = view.getUint32(at)
  return [readString(view, at + 4, length), at + 4 + Math.ceil(length / 4) * 4]
}

/** Header (4), version, flags; pairs of size, length of the name, reserved, count, type, name, value; a size of 0. */
function readNative(view: DataView, little: boolean): Map<string, bigint | string> | undefined {
  const values = new Map<string, bigint | string>()
  let at = 12
  for (;;) {
    const size = view.getInt32(at, little)
    if (size === 0) return values
    if (size < 16) return undefined
    const nameLength = view.getInt16(at + 4, little)
    if (nameLength < 1) return undefined
    const type = view.getInt32(at + 12, little)
    const name = readString(view, at + 16, nameLength - 1)
    // the value is aligned to 8 bytes, as in memory
    const value = at + Math.ceil((16 + nameLength) / 8) * 8
    if (type === TYPE_UINT64) {
      values.set(name, view.getBigUint64(value, little))
    }
    if (type === TYPE_STRING) {
      values.set(name, readString(view, value, at + size - value).split('\0', 1)[0] ?? '')
    }
    at += size
  }
}

function readString(view: DataView, at: number, length: number): string {
  if (length < 0 || at + length > view.byteLength) throw new RangeError(String(at))
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString('utf8')
}
