import { printable } from '@z3/cli'

/** Markup of the page. Only `html` makes it of text, and escapes that. */
export interface Html {
  readonly markup: string
}

type Value = string | number | Html | undefined | false | readonly Value[]

/**
 * Markup with values: text is escaped, for the contents of elements and for attributes in double
 * quotes; markup stays, lists are joined, undefined and false are nothing.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const filled = parts.map((part, i) => part + (i < values.length ? markupOf(values[i]) : ''))
  return { markup: filled.join('') }
}

/** Markup that is a constant of this program. Never that of a bucket. */
export function constant(markup: string): Html {
  return { markup }
}

function markupOf(value: Value): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escape(value)
  return 'markup' in value ? value.markup : value.map(markupOf).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/**
 * Characters that a page does not show, beside those that a terminal does not: line ends, format
 * characters of no width, and code points that HTML does not allow.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}]/gu

/** Two names that differ look different. */
function visible(text: string): string {
  return printable(text).replace(
    INVISIBLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  )
}
