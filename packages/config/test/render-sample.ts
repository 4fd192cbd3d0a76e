import { OPTIONS, type Option } from '../src/options.js'

const HEAD = `# Configuration of the z3 tools, with all settings. Remove the # before a
# setting to change it. The first source that sets a value wins: command line
# option, environment, [fs:DATASET], [main], default. Keys are
# case-insensitive. Comments have their own lines and start with # or ;. In a
# value, %, ;, # and quotes are plain characters.

[main]
`

const TAIL = `
# Settings of a dataset and its descendants. For each key, the section with the
# longest matching name wins.

#[fs:tank/data]
`

const COMPRESSOR = `
# A custom compressor, for COMPRESSOR = lzop: two commands that read standard
# input and write standard output. Words may be quoted. No shell runs the
# commands. Keep the section as long as backups use it.

#[compressor:lzop]
#COMPRESS = lzop -1
#DECOMPRESS = lzop -d
`

/** A configuration file that explains every key, all of them commented out. */
export function renderSample(): string {
  const perDataset = OPTIONS.filter((option) => option.perDataset)
  return [
    HEAD,
    ...OPTIONS.map(renderOption),
    TAIL,
    ...perDataset.map(({ key, example }) => `#${key} = ${example}\n`),
    COMPRESSOR,
  ].join('')
}

function renderOption(option: Option): string {
  const flag = option.flag === undefined ? '' : `Flag: --${option.flag}. `
  const names = option.keys
    .map((name) => `#${name} = ${option.example}`)
    .join("\n# or, as in presslabs' z3:\n")
  return `
${wrap(option.description)}
${wrap(`${flag}Environment: ${option.env.join(', ')}.`)}
${names}
`
}

// Comment lines of at most 80 columns.
function wrap(text: string): string {
  const lines = ['#']
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1) ?? ''} ${word}`
    if (line.length > 80) lines.push(`# ${word}`)
    else lines[lines.length - 1] = line
  }
  return lines.join('\n')
}
