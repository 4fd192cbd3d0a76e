import { formatValue, optionOf, type Key } from '@z3/config'
import type { AnsweredSettings, Answers } from './answers.js'
import type { Given } from './given.js'

/** Flags that are written as they are: nobody is asked for them. */
const PASSED = ['S3_ADDRESSING', 'S3_CA_FILE'] as const

/** The settings that the answers stand for. */
export function settingsOf(answers: Answers, { has, settings }: Given): AnsweredSettings {
  const { datasets, select } = answers
  const [only] = select === undefined && datasets.length === 1 ? datasets : []
  const all = {
    BUCKET: answers.bucket,
    S3_ENDPOINT: answers.endpoint,
    S3_REGION: answers.region,
    S3_KEY_ID: answers.key?.id,
    S3_SECRET: answers.key?.secret,
    ...Object.fromEntries(PASSED.filter(has).map((key) => [key, settings[key]])),
    S3_PREFIX: answers.s3Prefix,
    FILESYSTEM: only,
    SNAPSHOT_PREFIX: answers.prefix,
    RETENTION: answers.retention,
    COMPRESSOR: answers.compressor,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** A configuration file with these settings. */
export function renderConfig(settings: AnsweredSettings): string {
  const lines = Object.entries(settings).map(([key, value]) =>
    `${key} = ${formatValue(optionOf(key as Key), value)}`.trimEnd(),
  )
  return `# Written by z3 init. All settings: docs/configuration.md; z3 config shows them.\n\n[main]\n${lines.join('\n')}\n`
}
