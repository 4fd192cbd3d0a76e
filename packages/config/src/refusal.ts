/**
 * Does a text hold an age identity, a private key? People paste one where its
 * recipient or its file was meant; a message must not repeat it.
 */
export function holdsIdentity(text: string): boolean {
  return /AGE-(SECRET-KEY|PLUGIN)-/i.test(text)
}

/**
 * The message for a value that is none of those that are allowed.
 *
 * @param kind what it should have been: `a number`
 * @param guess what it probably was meant to be, ending in a blank
 */
export function refusal(text: string, kind: string, allowed: string, guess = ''): string {
  const shown = holdsIdentity(text) ? 'an age identity' : `'${text}'`
  const quoted = /^(["']).*\1$/.test(text) ? '; quotes are part of the value' : ''
  return `${shown} is not ${kind} (${guess}allowed: ${allowed}${quoted})`
}
