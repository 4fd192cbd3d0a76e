/**
 * Text from a server or a key, made safe for a terminal and a log: control
 * characters become `\x1b`. Line ends stay; messages of several lines are ours.
 */
export function printable(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    const control =
      (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code < 0xa0)
    return control ? `\\x${code.toString(16).padStart(2, '0')}` : character
  }).join('')
}
