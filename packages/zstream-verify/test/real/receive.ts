import type { TestPool } from '@z3/fixtures'
import type { Damage } from './damage.js'
import type { RealStream } from './streams.js'

/** What `zfs receive` said of a damaged stream. */
export interface Received {
  readonly damage: Damage | 'none'
  readonly status: number
  /** The target is not as it was. */
  readonly changed: boolean
  readonly message: string
}

/**
 * Run in the host: $1 the target, $2 the stream, $3 what makes the target ready,
 * $4 may a refused stream leave something there, as a package does whose first
 * streams were whole. Each zfs command takes a tenth of a second. A line of stdin is one damage; a line of stdout, how it was received.
 */
const RECEIVE_EACH = `
target=$1 stream=$2 ready=$3 may_change=$4
look() { zfs list -H -t all -o name,guid,receive_resume_token -r $target 2>&1; }
make_ready() {
  zfs list -H -t snapshot -o name,userrefs -r $target 2> /dev/null | while read -r name refs; do
    [ "$refs" = 0 ] || zfs release keep $name
  done
  zfs destroy -r $target 2> /dev/null
  eval "$ready"
  before=$(look)
}
flip() {
  byte=$(dd if=$stream bs=1 skip=$1 count=1 2> /dev/null | od -An -tu1)
  printf "\\\\$(printf %03o $((byte ^ (1 << $2))))" | dd of=$stream bs=1 seek=$1 conv=notrunc 2> /dev/null
}
make_ready
while read -r kind at bit; do
  status=0
  case $kind in
    none) said=$(zfs receive -u $target < $stream 2>&1) || status=$? ;;
    flip) flip $at $bit; said=$(zfs receive -u $target < $stream 2>&1) || status=$?; flip $at $bit ;;
    cut) said=$(head -c $at $stream | zfs receive -u $target 2>&1) || status=$? ;;
  esac
  changed=false
  if [ $status = 0 ] || [ $may_change = true ]; then
    [ "$(look)" = "$before" ] || { changed=true; make_ready; }
  fi
  echo "$status $changed $(echo "$said" | tail -n 1)"
done
[ "$(look)" = "$before" ] || exit 1
ready=:
make_ready || :
`

/**
 * Give a stream, damaged in these ways, to `zfs receive`, in the host where it lies.
 *
 * @param file the stream's path there
 */
export const receiveEach = async (
  pool: TestPool,
  { before = ':', isPackage, isResumed }: RealStream,
  file: string,
  damages: readonly (Damage | 'none')[],
): Promise<Received[]> => {
  const lines = damages.map((one) =>
    one === 'none'
      ? one
      : one.kind === 'cut'
        ? `cut ${String(one.at)}`
        : `flip ${String(one.at)} ${String(one.bit)}`,
  )
  const target = `${pool.name}/target`
  const out = await pool.must(
    'printf "%s\\n" "$LINES" | "$RUN" sh -c "$EACH" sh "$TARGET" "$FILE" "$READY" "$MAY_CHANGE"',
    {
      LINES: lines.join('\n'),
      EACH: RECEIVE_EACH,
      TARGET: target,
      FILE: file,
      MAY_CHANGE: String(isPackage ?? isResumed ?? false),
      READY: before.replaceAll('$POOL', pool.name).replaceAll('$TARGET', target),
    },
  )
  return out
    .trimEnd()
    .split('\n')
    .map((line, index): Received => {
      const [status, changed, ...message] = line.split(' ')
      return {
        damage: damages[index] ?? 'none',
        status: Number(status),
        changed: changed === 'true',
        message: message.join(' '),
      }
    })
}
