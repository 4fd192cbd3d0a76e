import { findNotStored } from '@z3/core'
import type { DatasetReport } from './assess.js'
import { html, type Html } from './html.js'
import type { Local } from './load/load-local.js'
import { countText, numberText } from './text.js'

/** Names that a list has at most. */
const NAMED = 100

/** Which snapshots of this host are not stored. */
export function notStoredOf({ rows, isHere }: DatasetReport, local: Local): Html {
  if (!local.isKnown) {
    return html`<p>
      Unknown: the snapshots of this host cannot be listed (${local.error.message}).
    </p>`
  }
  if (!isHere) return html`<p>Unknown: the dataset is not on this host.</p>`
  const { notStored, leftOut } = findNotStored(rows)
  const older =
    leftOut.length > 0 &&
    `${countText(leftOut.length, 'snapshot')} older than the newest common one: no backup will upload them.`
  if (notStored.length === 0) {
    return html`<p>
      Every snapshot with the snapshot prefix that a backup would upload is stored. ${older}
    </p>`
  }
  const names = notStored.map(({ name, stored }) => ({
    name,
    why: stored ? ' (another snapshot of that name is stored)' : '',
  }))
  return html`<p>${countText(notStored.length, 'snapshot')} of this host not backed up:</p>
    ${nameList(names)}${older && html`<p>${older}</p>`}`
}

/** The datasets of this host that have nothing in the store. */
export function unstoredDatasets(local: Local): Html {
  if (!local.isKnown) {
    return html`<p>
      Unknown: the datasets of this host cannot be listed (${local.error.message}).
    </p>`
  }
  const { notStored, isWhole } = local
  const where = isWhole ? 'on this host' : 'below the named ones'
  if (notStored.length === 0) return html`<p>None ${where}.</p>`
  return html`<p>${countText(notStored.length, 'dataset')} ${where}:</p>
    ${nameList(notStored.map((name) => ({ name, why: '' })))}`
}

function nameList(names: readonly { readonly name: string; readonly why: string }[]): Html {
  const more = names.length - NAMED
  return html`<ul class="names">
    ${names.slice(0, NAMED).map(({ name, why }) => html`<li><code>${name}</code>${why}</li>`)}${
      more > 0 ? html`<li>and ${numberText(more)} more</li>` : undefined
    }
  </ul>`
}
