/** One `key = value` of a file, unchecked. */
export interface Entry {
  readonly name: string
  /** The value, byte for byte, without spaces around it. JSON and YAML can have a list of words. */
  readonly text: string | readonly string[]
  readonly line: number
}

/** A section of a file. Names can repeat. */
export interface Section {
  readonly name: string
  readonly line: number
  readonly entries: Entry[]
}

/** An error in a line. */
export interface LineProblem {
  readonly line: number
  readonly what: string
  readonly hint?: string
}

/** The contents of a configuration file of any format. Names and values are unchecked. */
export interface Document {
  readonly sections: readonly Section[]
  readonly problems: readonly LineProblem[]
}
