import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectories } from '@z3/cli'
import { loadConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import { renderConfig } from './render-config.js'
import type { AnsweredSettings } from './answers.js'

/**
 * Write a configuration file, readable by its owner only, and check that it is read as it was
 * meant. A file that exists is kept under another name.
 *
 * @param mayReplace false: fail if the file exists, also if it appears meanwhile
 * @returns the name under which the old file was kept
 * @throws Z3Error `output-failed`; `config` if a value cannot be written to a file
 */
export async function writeConfig(
  file: string,
  settings: AnsweredSettings,
  mayReplace: boolean,
): Promise<string | undefined> {
  const temporary = `${file}.new-${String(process.pid)}`
  try {
    await makeDirectories(dirname(file))
    await writeDurably(temporary, renderConfig(settings))
    await check(temporary, settings)
    if (!mayReplace) {
      // unlike rename(2), it does not replace
      await link(temporary, file)
      return undefined
    }
    const old = `${file}.old-${new Date().toISOString().replaceAll(/[-:]|\..*/g, '')}`
    const isKept = await keepOld(file, old)
    await rename(temporary, file)
    return isKept ? old : undefined
  } catch (error) {
    if (error instanceof Z3Error) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Z3Error('output-failed', `cannot write ${file}: ${why}`, {
      hint: 'Name another file with --config.',
      cause: error,
    })
  } finally {
    await rm(temporary, { force: true })
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** @returns false: there was none */
async function keepOld(file: string, old: string): Promise<boolean> {
  try {
    await link(file, old)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function check(file: string, settings: AnsweredSettings): Promise<void> {
  const read = (await loadConfig({ flags: {}, env: {}, configFile: file })).settings
  for (const [key, value] of Object.entries(settings)) {
    if (read[key as keyof typeof read] === value) continue
    throw new Z3Error('config', `the value of ${key} cannot be written to a configuration file`, {
      hint: 'It begins or ends with a blank, or contains a line end; set it in the environment.',
    })
  }
}
