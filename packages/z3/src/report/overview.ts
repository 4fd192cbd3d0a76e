import { humanSize } from '@z3/core'
import { badge } from './badge.js'
import { verdictOf } from './headline.js'
import { html, type Html } from './html.js'
import type { Page } from './page-data.js'
import { ageText, numberText } from './text.js'

/** One row for each dataset. */
export function overview(datasets: Page['datasets'], now: number): Html {
  return html`<section>
    <h2>All datasets</h2>
    <div class="scroll tall" role="group" tabindex="0" aria-label="All datasets">
      <table>
        <caption>
          Those with problems first
        </caption>
        <thead>
          <tr>
            <th scope="col">Dataset</th>
            <th scope="col">State</th>
            <th scope="col">Newest healthy</th>
            <th scope="col">Age</th>
            <th scope="col" class="number">Chain</th>
            <th scope="col" class="number">Snapshots</th>
            <th scope="col" class="number">Stored</th>
            <th scope="col" class="number">Not backed up</th>
          </tr>
        </thead>
        <tbody>
          ${datasets.map((one, i) => row(one, i, now))}
        </tbody>
      </table>
    </div>
  </section>`
}

function row(one: Page['datasets'][number], i: number, now: number): Html {
  const name = html`<th scope="row">
      <a href="#d${i}"><code>${one.dataset}</code></a>
    </th>
    <td>${badge(verdictOf(one))}</td>`
  if ('error' in one) {
    return html`<tr>
      ${name}
      <td colspan="6">${one.error.message}</td>
    </tr> `
  }
  const { summary, chain, isHere, isSizeUnknown } = one
  const { newestGood, objects, bytes, notStored } = summary
  return html`<tr>
    ${name}
    <td>${newestGood ? html`<code>${newestGood.name}</code>` : 'none'}</td>
    <td>${newestGood ? ageText(newestGood.created, now) : '–'}</td>
    <td class="number">${chain === 0 ? '–' : numberText(chain)}</td>
    <td class="number">${numberText(objects)}</td>
    <td class="number">${isSizeUnknown ? '≥ ' : ''}${humanSize(bytes)}</td>
    <td class="number">${isHere && notStored !== undefined ? numberText(notStored) : 'unknown'}</td>
  </tr> `
}
