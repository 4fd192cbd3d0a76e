import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import type { Test } from 'tap'
import {
  PipelineError,
  runPipeline,
  type PipelineOptions,
  type PipelineResult,
  type Stage,
} from '../src/index.js'

const commands = fileURLToPath(new URL('../../../fixtures/commands/', import.meta.url))

/** A fake command of fixtures/commands. */
export const fake = (
  name: 'produce' | 'pass' | 'receive' | 'store' | 'stubborn' | 'chatter',
  ...args: readonly (string | number)[]
): Stage => ({ name, file: commands + name, args: args.map(String) })

/** A script of sh. */
export const sh = (script: string, ...args: readonly string[]): Stage => ({
  name: script,
  file: 'sh',
  args: ['-c', script, 'sh', ...args],
})

/** A program of the system. */
export const program = (file: string, ...args: readonly string[]): Stage => ({
  name: file,
  file,
  args,
})

export const env = { PATH: process.env['PATH'] }

/** Run a pipeline that nobody interrupts. */
export const run = (
  stages: readonly Stage[],
  options: Partial<PipelineOptions> = {},
): Promise<PipelineResult> =>
  runPipeline(stages, {
    env,
    signal: new AbortController().signal,
    ...options,
  })

/** Run a pipeline that must fail. */
export const failure = async (
  stages: readonly Stage[],
  options: Partial<PipelineOptions> = {},
): Promise<PipelineError> => {
  try {
    await run(stages, options)
  } catch (error) {
    if (error instanceof PipelineError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** A fake pput at the end, and whether it has stored what it read. */
export const storage = (t: Test, dir = t.testdir({})): { stage: Stage; stored: () => boolean } => {
  const file = `${dir}/stored`
  return { stage: fake('store', file), stored: () => existsSync(file) }
}

/** Do something again and again, a few at a time. */
export const repeat = async (
  times: number,
  act: (time: number) => Promise<void>,
): Promise<void> => {
  let next = 0
  const worker = async () => {
    while (next < times) await act(next++)
  }
  await Promise.all([worker(), worker(), worker(), worker()])
}
