import { Z3Error } from '@z3/core'
import { refusal } from './refusal.js'

const ALLOWED = 'age1…, several separated by blanks or commas'

/**
 * Read age recipients, as `age -r` takes them: age(1). SSH keys hold blanks and
 * so stand in a file, which age reads itself. Whether a recipient is whole is
 * for age to say: it knows those of its plugins.
 *
 * @returns at least one
 * @throws Z3Error `config`
 */
export function parseRecipients(text: string): readonly string[] {
  const recipients = text.split(/[\s,]+/).filter((word) => word !== '')
  if (recipients.length === 0) {
    throw new Z3Error('config', `no recipient (allowed: ${ALLOWED})`)
  }
  for (const recipient of recipients) checkRecipient(recipient)
  return recipients
}

function checkRecipient(recipient: string): void {
  if (/^age1[0-9a-z+._-]+$/.test(recipient)) return
  const ssh = recipient.startsWith('ssh-')
    ? '; SSH keys stand in the file that AGE_RECIPIENTS_FILE names'
    : ''
  throw new Z3Error('config', refusal(recipient, 'an age recipient', `${ALLOWED}${ssh}`))
}
