/** Native properties that a client may read, including `written@snap`. */
const READABLE = new Set(
  `available canmount compression compressratio createtxg creation defer_destroy
  dnodesize encryption encryptionroot exec guid keyformat keystatus
  logicalreferenced logicalused mounted mountpoint name origin quota readonly
  receive_resume_token recordsize redacted refcompressratio referenced
  refquota refreservation reservation snapshot_count type used usedbychildren
  usedbydataset usedbyrefreservation usedbysnapshots userrefs volblocksize
  volsize written`.split(/\s+/),
)

/** As `written@snap`; the snapshot belongs to the dataset. */
const WRITTEN = /^written@[-_.: a-zA-Z0-9]+$/

/** Properties that a client may set on what it receives or creates. */
const HARMLESS: readonly RegExp[] = [
  /^readonly=on$/,
  /^canmount=(?:off|noauto)$/,
  /^mountpoint=(?:none|legacy)$/,
  /^(?:exec|setuid|devices|atime|sharenfs|sharesmb)=off$/,
  /^compression=(?:on|off|lz4|lzjb|zle|gzip(?:-[1-9])?|zstd(?:-\d{1,2})?|zstd-fast(?:-\d{1,4})?)$/,
  /^(?:refreservation|reservation)=none$/,
  // the send flags of the first stream
  /^z3:send-flags=[wLec]{1,4}$/,
  // the probe for -o by `hasOption` of @z3/zfs
  /^z3:probe=1$/,
]

const TYPES = ['filesystem', 'volume', 'snapshot', 'bookmark', 'all']
const FIELDS = ['name', 'property', 'value', 'received', 'source', 'all']
const SOURCES = ['local', 'default', 'inherited', 'temporary', 'received', 'none']

/** A depth. */
export function isDepth(value: string): boolean {
  return /^\d{1,3}$/.test(value)
}

export function isTypes(value: string): boolean {
  return isListOf(value, (word) => TYPES.includes(word))
}

/** Columns of `zfs get`. */
export function isFields(value: string): boolean {
  return isListOf(value, (word) => FIELDS.includes(word))
}

export function isSources(value: string): boolean {
  return isListOf(value, (word) => SOURCES.includes(word))
}

/** A property that may be read. */
export function isReadable(value: string): boolean {
  return READABLE.has(value) || isUserProperty(value) || WRITTEN.test(value)
}

export function isReadableList(value: string): boolean {
  return isListOf(value, isReadable)
}

/** The name of any property. */
export function isPropertyName(value: string): boolean {
  return /^[a-z][a-z0-9_]{0,63}$/.test(value) || isUserProperty(value)
}

/** A setting, `property=value`, that cannot harm the host. */
export function isHarmless(value: string): boolean {
  return HARMLESS.some((pattern) => pattern.test(value))
}

/** A `receive_resume_token`: version, checksum, length, data. */
export function isToken(value: string): boolean {
  return /^1-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$/.test(value)
}

/** User properties contain a colon; zfsprops(7) lists the valid characters. */
function isUserProperty(value: string): boolean {
  return /^[a-z0-9][-a-z0-9_.]*:[-a-z0-9_.:]*$/.test(value) && value.length < 256
}

function isListOf(value: string, is: (word: string) => boolean): boolean {
  return value.split(',').every(is)
}
