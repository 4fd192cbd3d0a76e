import { constant, html, type Html } from './html.js'

/** How a dataset is; `unknown`: its objects could not be read. */
export type Verdict = 'healthy' | 'not healthy' | 'unknown'

const SHAPES: Readonly<Record<Verdict, Html>> = {
  healthy: constant('<circle cx="8" cy="8" r="7"/><path d="M4.8 8.3l2.2 2.2 4.2-4.6"/>'),
  'not healthy': constant(
    '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/><path d="M5.5 5.5l5 5m0-5l-5 5"/>',
  ),
  unknown: constant('<rect x="1.5" y="1.5" width="13" height="13" rx="2"/><path d="M5 8h6"/>'),
}

const CLASSES: Readonly<Record<Verdict, string>> = {
  healthy: 'good',
  'not healthy': 'bad',
  unknown: 'warn',
}

/** A verdict by shape, colour and text. */
export function badge(verdict: Verdict, text: string = verdict): Html {
  return html`<span class="badge ${CLASSES[verdict]}"
    ><svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      ${SHAPES[verdict]}</svg
    >${text}</span
  >`
}
