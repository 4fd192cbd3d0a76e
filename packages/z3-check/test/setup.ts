import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { runInside, type BinaryResult } from '@z3/fixtures'
import { main } from '../src/main.js'

/** Run z3-check in this process. */
export const check = async (
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  const { code, stdout, stderr }: BinaryResult = await runInside(main, args)
  return { code, out: stdout.toString('latin1'), err: stderr }
}

/** The SHA-1 of each chunk of a file, by dd and sha1sum. */
export const sumsOf = (file: string, blockSize: number, count: number): readonly string[] => {
  const chunks = Math.ceil(readFileSync(file).length / (blockSize * count))
  const script = 'dd if="$1" bs="$2" count="$3" skip="$4" status=none | sha1sum'
  return Array.from({ length: chunks }, (_, chunk) =>
    execFileSync('bash', [
      ...['-c', script, 'bash', file],
      ...[blockSize, count, chunk * count].map(String),
    ])
      .toString()
      .slice(0, 40),
  )
}
