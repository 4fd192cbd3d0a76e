import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'

/** An element of a page. */
export interface PageElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Of it and all below, blanks as one. */
  readonly text: string
  readonly parent: string
}

/** A page as a browser reads it. */
export interface ParsedPage {
  /** By the names of the HTML standard: none if it is well-formed. */
  readonly errors: readonly string[]
  readonly elements: readonly PageElement[]
  /** Texts of the elements of a name. */
  readonly texts: (name: string) => readonly string[]
}

/** Read a page with the parser of the HTML standard. */
export const parsePage = (page: string): ParsedPage => {
  const errors: string[] = []
  const document = parse(page, { onParseError: ({ code }) => errors.push(code) })
  const elements: PageElement[] = []
  const visit = (node: Tree.Node, parent: string): string => {
    if ('value' in node) return node.value
    if (!('childNodes' in node)) return ''
    const name = 'tagName' in node ? node.tagName : ''
    const place = elements.length
    if ('tagName' in node) {
      const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]))
      elements.push({ name, attributes, text: '', parent })
    }
    const text = node.childNodes.map((child) => visit(child, name)).join('')
    const element = elements[place]
    if (element && 'tagName' in node) {
      elements[place] = { ...element, text: text.replace(/\s+/g, ' ').trim() }
    }
    // what elements separate is not one word
    return ` ${text} `
  }
  visit(document, '')
  const texts = (name: string): readonly string[] =>
    elements.filter((one) => one.name === name).map(({ text }) => text)
  return { errors, elements, texts }
}
