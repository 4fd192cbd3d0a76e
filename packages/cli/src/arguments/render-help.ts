import {
  allOptions,
  IMPLIED,
  type CommandSpec,
  type Option,
  type OptionTable,
} from './command-spec.js'

/** Columns of help: what a terminal shows at least. */
const WIDTH = 80
/** Where descriptions begin, unless all options before them are shorter. */
const MOST_INDENT = 32
/**
 * The help of a program or subcommand, in lines of at most 80 columns.
 *
 * @param all describe every option; else those of `spec.common`, and only name the others. Without
 *   `spec.common` every option is described either way.
 */
export function renderHelp<O extends OptionTable>(spec: CommandSpec<O>, all: boolean): string {
  const table: OptionTable = { ...allOptions(spec), ...IMPLIED }
  const common = spec.common ?? []
  const short = !all && common.length > 0
  const [summary = ''] = spec.description.split('\n\n')
  const rest = Object.keys(table).filter((name) => !common.includes(name))
  const groups = new Map<string, string[]>()
  for (const name of rest) {
    const group = table[name]?.group ?? 'Options'
    groups.set(group, [...(groups.get(group) ?? []), name])
  }
  const examples = short ? spec.examples.slice(0, 2) : spec.examples
  const blocks = [
    wrap(`Usage: ${spec.name} ${spec.usage}`, '       '),
    ...(short ? [summary] : spec.description.split('\n\n')).map(paragraph),
    section(
      'COMMANDS',
      columns((spec.commands ?? []).map(([u, what]) => [`${spec.name} ${u}`, what])),
    ),
    section('MOST USED OPTIONS', columns(common.map((name) => row(name, table[name] ?? {})))),
    ...(short
      ? [
          section(
            'MORE OPTIONS (described by --help-all)',
            [...groups].flatMap(([group, names]) => named(group, names, table)),
          ),
        ]
      : [...groups].map(([group, names]) =>
          section(group.toUpperCase(), columns(names.map((name) => row(name, table[name] ?? {})))),
        )),
    section(
      'EXAMPLES',
      examples.flatMap(([command, what]) => example(command.replaceAll('$0', spec.name), what)),
    ),
    section('EXIT STATUS', wrap(spec.exitStatus, '')),
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** `-s, --chunk-size SIZE`, and what it does. */
function row(name: string, option: Option): readonly [string, string] {
  const long = [name, ...aliases(option).filter((alias) => alias.length > 1)].map((n) => `--${n}`)
  const short = aliases(option)
    .filter((alias) => alias.length === 1)
    .map((alias) => `-${alias}`)
  const value = valueName(option)
  const flags = [...short, ...long].join(', ')
  const text = option.describe ?? ''
  const notes = [
    option.default === undefined || text.includes('(default')
      ? ''
      : ` (default:\u00a0${option.default as string})`,
    option.env === undefined ? '' : ` [env:\u00a0${option.env}]`,
  ]
  const indent = short.length > 0 ? '' : '    '
  return [
    `${indent}${flags}${value && (option.bare === undefined ? ` ${value}` : `[=${value}]`)}`,
    `${text}${notes.join('')}`,
  ]
}

/** The options of a group by name, without values and descriptions. */
function named(group: string, names: readonly string[], table: OptionTable): readonly string[] {
  const shown = names.map((name) => {
    const short = aliases(table[name] ?? {}).find((alias) => alias.length === 1)
    return `${short === undefined ? '' : `-${short}/`}--${name}`
  })
  return wrap(`  ${group}: ${shown.join(', ')}`, '    ')
}

function aliases({ alias = [] }: Option): readonly string[] {
  return [alias].flat()
}

/** What stands for the value: `SIZE`, `hold|none`; nothing for a switch. */
function valueName(option: Option): string {
  if (option.type === 'boolean') return ''
  return option.value ?? option.choices?.join('|') ?? 'VALUE'
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const longest = Math.max(0, ...rows.map(([left]) => left.length)) + 4
  const indent = Math.min(MOST_INDENT, longest)
  return rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrap(right, '', WIDTH - indent)
    const rest = more.map((line) => ' '.repeat(indent) + line)
    const begin = `  ${left}`
    return begin.length + 2 > indent
      ? [begin, ' '.repeat(indent) + first, ...rest]
      : [begin.padEnd(indent) + first, ...rest]
  })
}

/** A command that can be pasted whole: what it is for stands in a comment. */
function example(command: string, what: string): readonly string[] {
  const line = `  ${command}  # ${what}`
  return line.length <= WIDTH ? [line] : [`  # ${what}`, `  ${command}`]
}

/** Lines that are indented or stand alone are kept as they are. */
function paragraph(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrap(line, '')))
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines]
}

/** Break at blanks, but not at `\u00a0`; the lines after the first begin with `indent`. */
function wrap(text: string, indent: string, width = WIDTH): string[] {
  const lead = /^ */.exec(text)?.[0] ?? ''
  const lines: string[] = []
  let line = lead
  for (const word of text.slice(lead.length).split(' ')) {
    const empty = line.trim() === ''
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else line += empty ? word : ` ${word}`
  }
  return [...lines, line].map((one) => one.replaceAll('\u00a0', ' '))
}
