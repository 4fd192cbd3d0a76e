const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`

/** Brackets and colons end a description in a specification of _arguments. */
const plain = (text) => text.replaceAll(/[[\]]/g, (one) => `\\${one}`).replaceAll(':', '\\:')

const actions = {
  any: ' ',
  file: '_files',
  dataset: '_z3_toolkit_datasets',
  snapshot: '_z3_toolkit_snapshots',
}

const actionOf = (value) => (Array.isArray(value) ? `(${value.join(' ')})` : actions[value])

const optionSpecs = ({ options, operands }) => [
  ...options.flatMap(({ names, describe, value }) =>
    names.map((name) => {
      const takes = value === 'none' ? '' : `:value:${actionOf(value)}`
      const equals = value !== 'none' && name.startsWith('--') ? '=' : ''
      return quote(`(${names.join(' ')})${name}${equals}[${plain(describe)}]${takes}`)
    }),
  ),
  quote(`*:operand:${actions[operands]}`),
]

const argumentsOf = (command) => `_arguments -s -S ${optionSpecs(command).join(' \\\n        ')}`

const programCase = ({ program, commands }) => {
  const [only] = commands
  if (commands.length === 1) return `    ${program}) ${argumentsOf(only)} ;;`
  const own = commands.filter(({ command }) => command !== '')
  const bare = commands.find(({ command }) => command === '')
  return `    ${program})
      local command=''
      (( CURRENT > 2 )) && command=$words[2]
      case $command in
${own.map((one) => `        ${one.command}) shift words; (( CURRENT-- )); ${argumentsOf(one)} ;;`).join('\n')}
        *) ${bare ? argumentsOf(bare) : '_describe command subcommands'} ;;
      esac ;;`
}

const lists = (programs) =>
  programs
    .filter(({ commands }) => commands.every(({ command }) => command !== ''))
    .flatMap(({ commands }) => commands)
    .map(({ command, describe }) => `    ${quote(`${command}:${describe.split('. ')[0]}`)}`)
    .join('\n')

/** A completion script for zsh: a file `_z3` in fpath, or for eval. */
export const renderZsh = (programs, names) => `#compdef ${names.join(' ')}
# zsh completion for z3-toolkit; made from the tables of options

_z3_toolkit_datasets() {
  local -a found
  found=(\${(f)"$(zfs list -H -o name -t filesystem,volume 2> /dev/null)"})
  compadd -a found
}

_z3_toolkit_snapshots() { # datasets here and in the bucket, or snapshots of one
  local -a found
  local dataset=\${(Q)PREFIX}
  if [[ $dataset == *@* ]]; then
    dataset=\${dataset%%@*}
    found=(\${(f)"$(timeout 10 z3 status --snapshot-prefix '' --parseable --quiet "$dataset" 2> /dev/null | cut -f 1)"})
    found=($dataset@$^found \${(f)"$(zfs list -H -o name -t snapshot -d 1 "$dataset" 2> /dev/null)"})
  else
    found=(\${(f)"$(zfs list -H -o name -t filesystem,volume 2> /dev/null)"} \\
      \${(f)"$(timeout 10 z3 list --parseable --quiet 2> /dev/null | cut -f 1)"})
  fi
  compadd -a found
}

_z3_toolkit() {
  local -a subcommands=(
${lists(programs)}
  )
  case \${service//_/-} in
${programs.map(programCase).join('\n')}
  esac
}

if [[ $funcstack[1] == _z3 ]]; then
  _z3_toolkit "$@"
else
  compdef _z3_toolkit ${names.join(' ')}
fi
`
