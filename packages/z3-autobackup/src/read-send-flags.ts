import { parseSendFlags, Z3Error, type SendFlag } from '@z3/core'

/**
 * Read `--send-flags`.
 *
 * @throws Z3Error `usage`
 */
export function readSendFlags(text: string | undefined): readonly SendFlag[] | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return []
  if (/^[Lec]+$/.test(text) && new Set(text).size === text.length) {
    return parseSendFlags(text)
  }
  throw new Z3Error('usage', `--send-flags: '${text}' is not letters of Lec, each once`, {
    hint: "Write --send-flags Le, or none; '--raw' and '--decrypt' choose -w.",
  })
}
