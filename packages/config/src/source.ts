/** Where a setting's value came from. */
export type Source =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | {
      readonly kind: 'file'
      readonly file: string
      readonly line: number
      /** `main` or `fs:DATASET`. */
      readonly section: string
      /** The key as the file writes it. */
      readonly name: string
    }
  | { readonly kind: 'default' }

/** A source in words: `--bucket`, `/etc/z3/z3.conf:3 [main]`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return source.name
    case 'environment':
      return `environment variable ${source.name}`
    case 'file':
      return `${source.file}:${String(source.line)} [${source.section}]`
    case 'default':
      return 'default'
  }
}
