const quote = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const values = {
  any: '-x',
  file: '-r -F',
  dataset: "-x -a '(__z3_toolkit_datasets)'",
}

const valueOf = (value) =>
  Array.isArray(value) ? `-x -a ${quote(value.join(' '))}` : values[value]

const operands = {
  file: '-F',
  dataset: "-f -a '(__z3_toolkit_datasets)'",
  snapshot: "-f -a '(__z3_toolkit_snapshots)'",
}

const linesOf = ({ commands }, names) => {
  const own = commands.filter(({ command }) => command !== '')
  const all = own.map(({ command }) => command).join(' ')
  return commands.flatMap((one) => {
    const where =
      one.command === ''
        ? own.length > 0
          ? ` -n 'not __fish_seen_subcommand_from ${all}'`
          : ''
        : ` -n '__fish_seen_subcommand_from ${one.command}'`
    return names.flatMap((name) => {
      const begin = `complete -c ${name}`
      return [
        ...(one.command === ''
          ? []
          : [
              `${begin} -f -n 'not __fish_seen_subcommand_from ${all}' -a ${one.command} -d ${quote(one.describe.split('. ')[0])}`,
            ]),
        ...one.options.map(({ names: flags, describe, value }) =>
          [
            `${begin}${where}`,
            ...flags.map((flag) => flag.replace(/^--/, '-l ').replace(/^-(?=.$)/, '-s ')),
            ...(value === 'none' ? [] : [valueOf(value)]),
            `-d ${quote(describe)}`,
          ].join(' '),
        ),
        `${begin}${where} ${operands[one.operands]}`,
      ]
    })
  })
}

/** A completion script for fish. */
export const renderFish = (
  programs,
  namesOf,
) => `# fish completion for z3-toolkit; made from the tables of options

function __z3_toolkit_datasets
    zfs list -H -o name -t filesystem,volume 2>/dev/null
end

# datasets here and in the bucket, or snapshots of one
function __z3_toolkit_snapshots
    set -l word (commandline -ct)
    if string match -q '*@*' -- $word
        set -l dataset (string split -m 1 @ -- $word)[1]
        for name in (timeout 10 z3 status --snapshot-prefix '' --parseable --quiet $dataset 2>/dev/null | cut -f 1)
            echo $dataset@$name
        end
        zfs list -H -o name -t snapshot -d 1 $dataset 2>/dev/null
    else
        __z3_toolkit_datasets
        timeout 10 z3 list --parseable --quiet 2>/dev/null | cut -f 1
    end
end

${programs.flatMap((one) => linesOf(one, namesOf(one.program))).join('\n')}
`
