/** One `key = value` of a file, not yet looked up in the table. */
export interface Entry {
  readonly name: string
  /** The value, byte for byte, but for blanks around it. A list of words is one of JSON or YAML. */
  readonly text: string | readonly string[]
  readonly line: number
}

/** A section of a file. The same name may occur twice here. */
export interface Section {
  readonly name: string
  readonly line: number
  readonly entries: Entry[]
}

/** A line that says nothing that we could use. */
export interface LineProblem {
  readonly line: number
  readonly what: string
}

/**
 * What a configuration file says, whatever its format. All that is known is its form: names and
 * values are unchecked.
 */
export interface Document {
  readonly sections: readonly Section[]
  readonly problems: readonly LineProblem[]
}
