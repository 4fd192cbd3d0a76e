const HERE_DOCUMENT = /<<-? *['"]?([A-Za-z_]+)['"]?/

/**
 * Divide a block into its commands: a line, with those that continue it after a backslash or as
 * here-document. Empty lines and comments are left out.
 */
export function toCommands(block: string): readonly string[] {
  const commands: string[] = []
  let end: string | undefined
  let open = false
  for (const line of block.split('\n')) {
    if (open || end !== undefined) {
      commands.push(`${commands.pop() ?? ''}\n${line}`)
    } else {
      if (/^\s*(#|$)/.test(line)) continue
      commands.push(line)
    }
    if (end !== undefined) {
      if (line === end) end = undefined
      continue
    }
    end = HERE_DOCUMENT.exec(line)?.[1]
    open = line.endsWith('\\')
  }
  return commands
}
