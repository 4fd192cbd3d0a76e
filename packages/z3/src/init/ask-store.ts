import type { Io } from '@z3/cli'
import { parseBucket, type Flags } from '@z3/config'
import { Z3Error } from '@z3/core'
import { renderFindings } from '../doctor/render.js'
import type { KeyPlace, StoreAnswers } from './answers.js'
import { askSetting, type Given } from './given.js'
import type { Prompter } from './prompt.js'
import { readKey, trialConfig, tryStore } from './try-store.js'

/**
 * Settle the store, and try it. On a terminal, ask again until it works.
 *
 * @param prompter undefined: no terminal
 * @throws Z3Error `store-rejected` if the store does not work and nobody can be asked
 */
export async function settleStore(
  given: Given,
  prompter: Prompter | undefined,
  io: Io,
): Promise<StoreAnswers> {
  let last: Partial<StoreAnswers> = {}
  for (;;) {
    const answers = await askStore(given, last, prompter, io)
    last = answers
    const flags = { ...given.flags, ...flagsOf(answers) }
    const config = await trialConfig(flags, io.env, answers.keyPlace, answers.key)
    io.stderr.write(`z3: trying ${answers.bucket} ...\n`)
    const findings = await tryStore(config, io)
    const notes = findings.filter(({ state }) => state === 'problem' || state === 'warning')
    io.stderr.write(renderFindings(notes))
    const wrong = findings.find(({ state }) => state === 'problem')
    if (!wrong) return answers
    if (!prompter) {
      throw new Z3Error('store-rejected', `the store cannot be used: ${wrong.text}`, {
        hint: `${wrong.fix ?? 'Correct the options.'} Nothing was written.`,
      })
    }
    if (!(await prompter.confirm('Correct the answers and try again?'))) {
      throw new Z3Error('store-rejected', `the store cannot be used: ${wrong.text}`, {
        hint: 'Nothing was written.',
      })
    }
  }
}

function flagsOf({ bucket, endpoint, region, s3Prefix }: StoreAnswers): Flags {
  return { BUCKET: bucket, S3_ENDPOINT: endpoint, S3_REGION: region, S3_PREFIX: s3Prefix }
}

async function askStore(
  given: Given,
  last: Partial<StoreAnswers>,
  prompter: Prompter | undefined,
  io: Io,
): Promise<StoreAnswers> {
  const bucket =
    (await askSetting('BUCKET', given, prompter, {
      question: 'Bucket (a name, or file:///path for a directory)',
      fallback: last.bucket,
    })) ?? ''
  if (parseBucket(bucket).kind === 'file') {
    const none = { endpoint: undefined, region: undefined, keyPlace: undefined, key: undefined }
    return { ...none, bucket, s3Prefix: await askS3Prefix(given, last, prompter) }
  }
  const endpoint = await askSetting('S3_ENDPOINT', given, prompter, {
    question: 'URL of the S3 server (empty for AWS)',
    fallback: last.endpoint,
  })
  const region =
    endpoint === undefined
      ? await askSetting('S3_REGION', given, prompter, {
          question: 'Region of the bucket (empty: as in the AWS profile)',
          fallback: last.region,
        })
      : given.settings.S3_REGION
  const s3Prefix = await askS3Prefix(given, last, prompter)
  const keyPlace = given.keyPlace ?? (await askPlace(prompter))
  const key = keyPlace === 'file' ? await askKey(given, prompter, io) : undefined
  return { bucket, endpoint, region, s3Prefix, keyPlace, key }
}

function askS3Prefix(
  given: Given,
  { s3Prefix = given.settings.S3_PREFIX }: Partial<StoreAnswers>,
  prompter: Prompter | undefined,
): Promise<string | undefined> {
  return askSetting('S3_PREFIX', given, prompter, {
    question: 'Prefix of the object keys (%h is the name of this host)',
    fallback: s3Prefix,
  })
}

async function askPlace(prompter: Prompter | undefined): Promise<KeyPlace> {
  // checkGiven has required the flag
  if (!prompter) return 'profile'
  return prompter.choose<KeyPlace>('Where is the access key kept?', [
    { value: 'file', text: 'in the configuration file (mode 0600)' },
    { value: 'profile', text: 'in an AWS profile or role: nothing is written' },
    { value: 'environment', text: 'in the environment (S3_KEY_ID, S3_SECRET): nothing is written' },
  ])
}

async function askKey({ keysFile }: Given, prompter: Prompter | undefined, { env }: Io) {
  const found = await readKey(keysFile, env)
  if (found || !prompter) return found
  const id = await prompter.ask('Access key ID')
  return { id, secret: await prompter.askSecret('Secret access key') }
}
