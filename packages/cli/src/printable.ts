/**
 * Characters that change what a terminal shows of a line: control characters but for line ends, the
 * marks, embeddings, overrides and isolates of bidirectional text (UAX 9), and the separators of
 * lines and paragraphs.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Text from a server or a key, made safe for a terminal and a log: a control character becomes
 * `\\x1b`, one that turns the direction of text `\\u202e`. Line ends stay; messages of several
 * lines are ours.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0)
    const hex = code.toString(16)
    return code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`
  })
}
