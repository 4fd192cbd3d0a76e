import { formatValue } from '../src/values.js'
import { OPTIONS, type Option } from '../src/options.js'

const HEAD = `# Configuration of the z3 tools, with every key there is.
# Flag > environment > [fs:DATASET] > [main] > default. A comment has a line of
# its own, starting with # or ;. In a value %, ;, # and quotes are plain
# characters. Keys may be written in any case.

[main]
`

const TAIL = `
# A section per dataset; it holds for the datasets below it too, and the
# nearest one wins, key by key.

#[fs:tank/data]
`

const COMPRESSOR = `
# A section per compressor of your own, which COMPRESSOR = lzop then names: two
# commands that read standard input and write standard output. Words may be
# quoted; no shell runs them. Keep the section for as long as there are
# backups that were made with it.

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
  const facts = [
    `default: ${shownDefault(option)}`,
    ...(option.flag === undefined ? [] : [`flag: --${option.flag}`]),
    `environment: ${option.env.join(', ')}`,
  ]
  const names = option.keys
    .map((name) => `#${name} = ${option.example}`)
    .join('\n# or, as z3 calls it:\n')
  return `
${wrap(option.description)}
${wrap(`${facts.join('; ')}.`)}
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

function shownDefault(option: Option): string {
  const { default: value } = option
  return value === undefined ? 'unset' : formatValue(option, value)
}
