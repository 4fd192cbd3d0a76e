import type { StatusRow } from '@z3/core'
import { html, type Html } from './html.js'
import type { Page } from './page-data.js'
import { remedyOfFailure } from './remedies.js'
import { countText } from './text.js'

/** Objects of a dataset that are named; the table of its snapshots has all. */
const NAMED = 3

/**
 * What is wrong, and what to type.
 *
 * @param line the markup of a command of z3
 */
export function problemsOf(
  datasets: Page['datasets'],
  line: (words: readonly string[]) => Html,
): Html | undefined {
  const items = datasets.flatMap((one, i) => {
    const { problems, causes, remedies } =
      'error' in one
        ? { problems: [one.error.message], causes: [], remedies: [remedyOfFailure(one.dataset)] }
        : one
    if (problems.length === 0) return []
    return html`<li>
      <a href="#d${i}"><code>${one.dataset}</code></a>
      <ul class="what">
        ${problems.map((problem) => html`<li>${problem}</li>`)}${causeItems(causes)}
      </ul>
      ${remedies.map(
        ({ purpose, words }) =>
          html`<p class="for">${purpose}:</p>
            ${line(words)}`,
      )}
    </li>`
  })
  if (items.length === 0) return undefined
  return html`<section>
    <h2>What is wrong</h2>
    <ul class="problems">
      ${items}
    </ul>
  </section>`
}

function causeItems(causes: readonly StatusRow[]): Html {
  const more = causes.length - NAMED
  return html`${causes
    .slice(0, NAMED)
    .map(
      ({ name, health, parent, stored }) =>
        html`<li>
          <code>@${name}</code>:
          ${health}${
            health === 'missing parent' && html` <code>@${parent}</code>`
          }${stored?.problem !== undefined && `: ${stored.problem}`}
        </li>`,
    )}${more > 0 && html`<li>${countText(more, 'more object')} with a cause of their own</li>`}`
}
