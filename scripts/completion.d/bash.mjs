/** The values of an option as one word: `file`, `path|virtual`; '' if it takes none. */
const kindOf = (value) => (Array.isArray(value) ? value.join('|') : value)

const optionWords = ({ options }) =>
  options.flatMap(({ names, value }) =>
    names.map((name) => (value === 'none' ? name : `${name}=${kindOf(value)}`)),
  )

const cases = (programs, words) =>
  programs
    .flatMap(({ program, commands }) =>
      commands.map((one) => `    '${program} ${one.command}') echo '${words(one)}' ;;`),
    )
    .join('\n')

/** A completion script for bash 4.4 and later. */
export const renderBash = (
  programs,
  names,
) => `# bash completion for z3-toolkit; made from the tables of options

_z3_toolkit_commands() { # PROGRAM
  case $1 in
${programs
  .filter(({ commands }) => commands.length > 1)
  .map(
    ({ program, commands }) =>
      `    ${program}) echo '${commands.map(({ command }) => command).join(' ')}' ;;`,
  )
  .join('\n')}
  esac
}

_z3_toolkit_options() { # PROGRAM COMMAND: each as NAME or NAME=VALUES
  case "$1 $2" in
${cases(programs, (one) => optionWords(one).join(' '))}
  esac
}

_z3_toolkit_operands() { # PROGRAM COMMAND
  case "$1 $2" in
${cases(programs, ({ operands }) => operands)}
  esac
}

_z3_toolkit_datasets() {
  zfs list -H -o name -t filesystem,volume 2> /dev/null
}

_z3_toolkit_snapshots() { # DATASET or DATASET@...: datasets here and in the bucket, or snapshots
  if [[ $1 == *@* ]]; then
    local name
    timeout 10 z3 status --snapshot-prefix '' --parseable --quiet "\${1%%@*}" 2> /dev/null | cut -f 1 |
      while IFS= read -r name; do printf '%s@%s\n' "\${1%%@*}" "$name"; done
    zfs list -H -o name -t snapshot -d 1 "\${1%%@*}" 2> /dev/null
  else
    _z3_toolkit_datasets
    timeout 10 z3 list --parseable --quiet 2> /dev/null | cut -f 1
  fi
}

_z3_toolkit() {
  local line=\${COMP_LINE:0:COMP_POINT} program command='' names word option='' value='' front='' kind='' words=()
  COMPREPLY=()
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local last=$((\${#words[@]} - 1))
  value=\${words[last]} program=\${words[0]##*/}
  program=\${program//_/-}
  names=$(_z3_toolkit_commands "$program")
  for word in "\${words[@]:1:last-1}"; do
    [[ -n $names && " $names " == *" $word "* ]] && command=$word && break
  done
  local options
  options=$(_z3_toolkit_options "$program" "$command")
  if [[ $value == --*=* ]]; then
    option=\${value%%=*} front=\${value%%=*}= value=\${value#*=}
  elif [[ \${words[last - 1]} == -* ]]; then
    option=\${words[last - 1]}
  fi
  for word in $options; do
    [[ -n $option && $word == "$option="* ]] && kind=\${word#*=} && break
  done
  if [[ -z $kind && $value == -* ]]; then
    kind=$(for word in $options; do printf '%s|' "\${word%%=*}"; done)
  elif [[ -z $kind && -n $names && -z $command ]]; then
    kind=\${names// /|}
  elif [[ -z $kind ]]; then
    kind=$(_z3_toolkit_operands "$program" "$command")
  fi
  local found=''
  case $kind in
    any) return ;;
    file)
      compopt -o filenames 2> /dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$value")
      return
      ;;
    dataset) found=$(_z3_toolkit_datasets) ;;
    snapshot) found=$(_z3_toolkit_snapshots "$value") ;;
    *) found=\${kind//|/$'\\n'} ;;
  esac
  # names may contain spaces, and come from a bucket: never expanded
  while IFS= read -r word; do
    [[ -n $word && $word == "$value"* ]] && COMPREPLY+=("$front$word")
  done < <(sort -u <<< "$found")
  local i
  # readline replaces only what stands behind the last of these, and @ itself
  local whole=$front$value breaks='' char
  for char in : = @; do [[ $COMP_WORDBREAKS == *$char* ]] && breaks+=$char; done
  if [[ -n $breaks && $whole == *["$breaks"]* ]]; then
    local before=\${whole%["$breaks"]*}
    [[ \${whole:\${#before}:1} == @ ]] || before+=x
    local n=\${#before}
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=\${COMPREPLY[i]:n}; done
  fi
  for i in "\${!COMPREPLY[@]}"; do printf -v "COMPREPLY[i]" '%q' "\${COMPREPLY[i]}"; done
}

complete -F _z3_toolkit ${names.join(' ')}
`
