import {
  inOtherSeconds,
  runBinary,
  runInside,
  type BinaryResult,
  type TestPool,
} from '@z3/fixtures'
import { main } from '../src/main.js'

export interface SnapResult {
  readonly code: number | null
  /** Its lines. */
  readonly out: readonly string[]
  readonly err: string
}

/** Run z3-snap in this process; with a time zone, as a program, which alone has one of its own. */
export const snap = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<SnapResult> => {
  const { code, stdout, stderr }: BinaryResult = await inOtherSeconds(() =>
    'TZ' in env ? runBinary('z3-snap', args, { env }) : runInside(main, args, { env }),
  )
  const out = String(stdout)
    .split('\n')
    .filter((line) => line !== '')
  return { code, out, err: stderr }
}

/** A second pool on the host of another, in a file. */
export const secondPool = async (
  made: TestPool,
  name: string,
): Promise<{ readonly name: string; close(): Promise<void> }> => {
  const pool = `${made.name}${name}`
  const file = `/tmp/${pool}.img`
  await made.must('"$RUN" truncate -s 80M "$FILE" && zpool create "$SECOND" "$FILE"', {
    SECOND: pool,
    FILE: file,
  })
  return {
    name: pool,
    close: async () => {
      await made.shell('zpool destroy -f "$SECOND"; "$RUN" rm -f "$FILE"', {
        SECOND: pool,
        FILE: file,
      })
    },
  }
}
