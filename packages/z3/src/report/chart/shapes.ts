import type { StatusRow } from '@z3/core'
import { html, type Html } from '../html.js'
import { round } from './time-scale.js'

/** What a snapshot is in a drawing; `local`: on this host only. */
export type Kind = 'full' | 'incremental' | 'bad' | 'local'

/** The kind of a snapshot. One that is not healthy is that before all else. */
export function kindOf({ stored, health, type }: StatusRow): Kind {
  if (!stored) return 'local'
  if (health !== 'ok') return 'bad'
  return type === 'full' ? 'full' : 'incremental'
}

/** A shape of its own for each kind: colours alone tell nothing to some readers and printers. */
export function drawShape(kind: Kind, x: number, y: number): Html {
  switch (kind) {
    case 'full':
      return html`<rect class="full" x="${round(x - 5.5)}" y="${y - 5.5}" width="11" height="11" />`
    case 'incremental':
      return html`<circle class="incremental" cx="${x}" cy="${y}" r="4" />`
    case 'local':
      return html`<path class="local" d="M${x} ${y - 5}l5.5 9h-11z" />`
    case 'bad':
      return html`<path class="broken" d="M${round(x - 5)} ${y - 5}l10 10m0 -10l-10 10" />`
  }
}

/** Around the newest healthy snapshot. */
export function drawRing(x: number, y: number): Html {
  return html`<circle class="newest" cx="${x}" cy="${y}" r="10.5" />`
}

const TEXTS: Readonly<Record<Kind, string>> = {
  full: 'full',
  incremental: 'incremental, linked to its parent',
  bad: 'not healthy',
  local: 'on this host only',
}

/** The meaning of the shapes in a drawing. */
export function legendOf(kinds: ReadonlySet<Kind>, hasNewest: boolean): Html {
  const item = (drawing: Html, text: string): Html =>
    html`<li><svg class="key" viewBox="0 0 24 24" aria-hidden="true">${drawing}</svg>${text}</li>`
  const shown = Object.entries(TEXTS).map(([name, text]) => {
    const kind = [...kinds].find((one) => one === name)
    return kind && item(drawShape(kind, 12, 12), text)
  })
  return html`<ul class="legend">
    ${shown}${hasNewest && item(drawRing(12, 12), 'newest healthy')}
  </ul>`
}
