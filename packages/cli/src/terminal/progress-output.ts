import type { Io, RedrawnLines } from '../io.js'
import { printable } from '../report-error.js'
import { displayOf } from './display.js'

/** Where this program shows progress, and how. */
type Shown =
  /** Lines that are redrawn. */
  | { readonly kind: 'live'; readonly lines: RedrawnLines; readonly ellipsis: string }
  /** Lines of the log, now and then. */
  | { readonly kind: 'plain'; readonly print: (line: string) => void }

/** The same, or pv(1) if it is installed. */
export type ProgressOutput = Shown | { readonly kind: 'pv'; readonly otherwise: Shown }

/** Values of --progress; without a value, it is `always`. */
export const PROGRESS = ['auto', 'always', 'plain', 'none'] as const

const STDERR = 2

/**
 * How progress is shown: as --progress says, which by default is on a terminal only.
 *
 * @param program begins plain lines
 * @param pv the configuration asks for pv
 * @returns undefined: not at all
 */
export function progressOutput(
  when: string | undefined,
  io: Pick<Io, 'env' | 'isTerminal' | 'columns' | 'stderr' | 'live'>,
  program: string,
  pv = false,
): ProgressOutput | undefined {
  const plain: Shown = {
    kind: 'plain',
    print: (line) => io.stderr.write(`${program}: ${printable(line)}\n`),
  }
  if (when === 'none') return undefined
  if (when === 'plain') return plain
  // lines that change are no entries of a log
  if (io.stderr.log !== undefined || !io.isTerminal(STDERR)) {
    return when === 'always' ? plain : undefined
  }
  const { canRedraw, ellipsis } = displayOf(io, STDERR)
  const { live: lines } = io
  const shown: Shown = canRedraw && lines ? { kind: 'live', lines, ellipsis } : plain
  return pv ? { kind: 'pv', otherwise: shown } : shown
}
