// What the programs accept, from their option tables: the input of the completion scripts.
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Modules with the command line of each program; `z3` has one for each command. */
const modules = {
  pput: ['pput/dist/command-line.js'],
  'z3-get': ['z3-get/dist/command-line.js'],
  'z3-ssh-sync': ['z3-ssh-sync/dist/command-line.js', 'z3-ssh-sync/dist/serve/command.js'],
  'z3-autobackup': ['z3-autobackup/dist/options/command-line.js'],
  'z3-snap': ['z3-snap/dist/command-line.js'],
  'z3-thin': ['z3-thin/dist/command-line.js'],
  'z3-check': ['z3-check/dist/command-line.js'],
  'zstream-verify': ['zstream-verify/dist/command-line.js'],
  z3: [
    ...['backup', 'cleanup', 'completion', 'config', 'copy', 'doctor', 'iam-policy', 'init'],
    ...['list', 'prune', 'recovery-sheet', 'report', 'restore', 'status', 'verify'],
  ].map((command) => `z3/dist/commands/${command}.js`),
}

/** What an option's value is, by the word that stands for it in the help. */
const kinds = { FILE: 'file', '[FILE]': 'file', DATASET: 'dataset' }

/** What stands behind the options, by the usage line. */
const operandsOf = (usage) => {
  if (/DATASET.*SNAPSHOT/.test(usage)) return 'snapshot'
  if (/DATASET|TARGET/.test(usage)) return 'dataset'
  return 'file'
}

/**
 * @returns {Promise<{ program: string, commands: { command: string, operands: string,
 *   options: { names: string[], describe: string, value: 'none' | 'any' | 'file' | 'dataset' | string[] }[] }[] }[]>}
 *   `command` is '' where a program has none
 */
export async function readPrograms() {
  const { allOptions, IMPLIED } = await load('cli/dist/arguments/command-spec.js')
  const values = await readValues()
  const { parseSchedule } = await load('core/dist/index.js')
  const programs = []
  for (const [program, files] of Object.entries(modules)) {
    const commands = []
    for (const file of files) {
      const { spec: plain, commandLine } = await load(file)
      // that of z3-thin describes a schedule
      const spec = plain ?? commandLine(parseSchedule('1'))
      const [, command = ''] = spec.name.split(' ')
      commands.push({
        command,
        describe: spec.description.split('\n')[0],
        operands: operandsOf(spec.usage),
        options: Object.entries({ ...allOptions(spec), ...IMPLIED }).map(([name, option]) => ({
          names: namesOf(name, option),
          describe: option.describe ?? '',
          value: valueOf(name, option, values),
        })),
      })
    }
    programs.push({ program, commands })
  }
  return programs
}

const load = (file) => import(pathToFileURL(resolve(join('packages', file))).href)

const namesOf = (name, { alias = [] }) =>
  [...[alias].flat(), name].map((one) => (one.length === 1 ? `-${one}` : `--${one}`))

const valueOf = (name, { type, value, choices }, values) => {
  if (type === 'boolean' || type === 'count') return 'none'
  return choices ? [...choices] : (kinds[value] ?? values.get(name) ?? 'any')
}

/** The values of settings, by their option, and of what the tables do not list. */
async function readValues() {
  const { OPTIONS } = await load('config/dist/index.js')
  const { VALUE_TYPES } = await load('config/dist/values/value-types.js')
  const { LINE_COMPRESSORS } = await load('core/dist/index.js')
  // the store accepts others, too
  const { StorageClass } = createRequire(resolve('packages/s3/package.json'))('@aws-sdk/client-s3')
  const values = new Map([
    ['compress', [...LINE_COMPRESSORS.keys()]],
    ['storage-class', Object.keys(StorageClass)],
    ['increment-class', Object.keys(StorageClass)],
  ])
  for (const { flag, type } of OPTIONS) {
    // not those with a part that the user chooses: governance:AGE
    const choices = (VALUE_TYPES[type].choices ?? []).filter((one) => /^[a-z0-9:|-]+$/i.test(one))
    const fixed = choices.filter((one) => !one.endsWith(':AGE'))
    if (flag !== undefined && fixed.length > 0) values.set(flag, fixed)
  }
  return values
}
