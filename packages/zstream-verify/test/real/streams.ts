/** A stream that OpenZFS makes, and what must be in it. */
export interface RealStream {
  readonly name: string
  /** Run in the host, with POOL; writes the stream to stdout. */
  readonly command: string
  /** `DMU_BACKUP_FEATURE_*` that it must have. */
  readonly features?: readonly string[]
  /** Kinds of records that it must have, beside BEGIN and END. */
  readonly records?: readonly string[]
  /** `zfs send -R`, `-I`, `-p`, `-h`. */
  readonly isPackage?: true
  /** `zfs send -t`: goes on with what TARGET has. */
  readonly isResumed?: true
  /** Run in the host before the stream is received into TARGET. */
  readonly before?: string
}

const BASE = 'zfs send $POOL/a@1 | zfs receive -u $TARGET'
const RAW_BASE = 'zfs send -w $POOL/enc@1 | zfs receive -u $TARGET'
const CUT = 'zfs send $POOL/a@1 | head -c 300000'

/**
 * OpenZFS makes no deduplicated streams any more: `zfs send -D` warns, and sends
 * a regular one. Those are tested with records of our own.
 */
export const STREAMS: readonly RealStream[] = [
  {
    name: 'plain',
    command: 'zfs send $POOL/a@1',
    records: ['OBJECT', 'FREEOBJECTS', 'WRITE', 'FREE', 'SPILL'],
  },
  {
    name: 'large blocks, embedded, compressed',
    command: 'zfs send -L -e -c $POOL/big@1',
    features: ['large_blocks', 'embed_data', 'lz4', 'zstd', 'compressed', 'large_dnode'],
    records: ['WRITE_EMBEDDED'],
  },
  {
    name: 'compressed again by zstream',
    command: 'zfs send $POOL/a@1 | zstream recompress -l 3 zstd',
  },
  { name: 'embedded', command: 'zfs send -e $POOL/a@1', records: ['WRITE_EMBEDDED'] },
  {
    name: 'raw',
    command: 'zfs send -w $POOL/enc@1',
    features: ['raw'],
    records: ['OBJECT_RANGE'],
  },
  {
    name: 'raw increment',
    command: 'zfs send -w -i $POOL/enc@1 $POOL/enc@2',
    features: ['raw'],
    before: RAW_BASE,
  },
  { name: 'tree', command: 'zfs send -R $POOL/a@3', isPackage: true },
  { name: 'raw tree', command: 'zfs send -R -w $POOL/enc@2', features: ['raw'], isPackage: true },
  { name: 'properties', command: 'zfs send -p $POOL/a@2', isPackage: true },
  {
    name: 'holds',
    command: 'zfs send -h -R $POOL/a@1',
    isPackage: true,
  },
  { name: 'increment', command: 'zfs send -i $POOL/a@1 $POOL/a@2', before: BASE },
  { name: 'from a bookmark', command: 'zfs send -i $POOL/a#1 $POOL/a@2', before: BASE },
  { name: 'increments', command: 'zfs send -I $POOL/a@1 $POOL/a@3', isPackage: true, before: BASE },
  { name: 'large blocks', command: 'zfs send -L $POOL/big@1', features: ['large_blocks'] },
  { name: 'volume', command: 'zfs send $POOL/vol@1', records: ['WRITE'] },
  {
    name: 'redacted',
    command: 'zfs send --redact book $POOL/a@1',
    features: ['redacted'],
    records: ['REDACT'],
  },
  {
    name: 'resumed',
    command: 'zfs send -t "$(zfs get -H -o value receive_resume_token $POOL/cut)"',
    features: ['resuming'],
    isResumed: true,
    before: `${CUT} | zfs receive -s $TARGET 2> /dev/null`,
  },
]

/** Datasets for all of them; run in the host, in the pool's directory. */
export const PREPARE = `
zfs create $POOL/streams
zfs create $POOL/a; zfs create $POOL/a/b; zfs create -V 16M $POOL/vol
zfs create -o recordsize=1M -o compression=zstd -o dnodesize=auto $POOL/big
dd if=/dev/urandom of=a/r bs=64k count=6 2> /dev/null; cp -r /etc a/etc
for i in 1 2 3 4; do echo tiny > a/t$i; done
dd if=/dev/zero of=a/z bs=64k count=6 2> /dev/null
long=$(printf %0500d 0); ln -s $long a/link # its attributes fill a SPILL
dd if=/dev/urandom of=big/r bs=1M count=1 2> /dev/null; yes text | head -n 100000 > big/text; echo tiny > big/t
echo x > a/b/f
until [ -e /dev/zvol/$POOL/vol ]; do sleep 0.1; done
dd if=a/r of=/dev/zvol/$POOL/vol bs=64k 2> /dev/null; sync
zfs snapshot -r $POOL/a@1; zfs snapshot $POOL/big@1; zfs snapshot $POOL/vol@1
zfs bookmark $POOL/a@1 $POOL/a#1; zfs hold keep $POOL/a@1
rm -r a/etc; truncate -s 100 a/r; echo n > a/b/f2
zfs snapshot -r $POOL/a@2
rm a/t1; echo y > a/q
zfs snapshot -r $POOL/a@3
printf 12345678 | zfs create -o encryption=on -o keyformat=passphrase $POOL/enc
cp -r /etc enc/e; zfs snapshot $POOL/enc@1; echo k > enc/k; zfs snapshot $POOL/enc@2
zfs clone $POOL/a@1 $POOL/red; rm red/z; zfs snapshot $POOL/red@1
zfs redact $POOL/a@1 book $POOL/red@1
${CUT} | zfs receive -s $POOL/cut 2> /dev/null || :
`
