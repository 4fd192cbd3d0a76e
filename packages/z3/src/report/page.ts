import { renderCommand } from '@z3/pipeline'
import { datasetSection } from './dataset-section.js'
import { html, type Html } from './html.js'
import type { Page } from './page-data.js'
import { unstoredDatasets } from './not-stored.js'
import { overview } from './overview.js'
import { rowLimit } from './snapshot-table.js'
import { STYLE } from './style.js'
import { headline } from './headline.js'
import { problemsOf } from './problems.js'

/**
 * The page, complete in itself: no script, no request. Its policy forbids both, in case something
 * of the bucket should ever get past the escaping.
 */
export function renderPage(page: Page): string {
  const { datasets, now, local, prefix } = page
  const limit = rowLimit(datasets.length)
  const line = (words: readonly string[]): Html =>
    html`<code class="command">${renderCommand({ file: 'z3', args: page.commandOf(words) })}</code>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Backups in ${page.title}/${prefix}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        ${headline(page)}
        <main>
          ${problemsOf(datasets, line)} ${datasets.length > 1 ? overview(datasets, now) : undefined}
          ${datasets.map((one, i) => datasetSection(one, { id: `d${String(i)}`, limit, line, ...page }))}
          <section>
            <h2>Datasets without a backup</h2>
            ${unstoredDatasets(local)}
          </section>
        </main>
        ${footer(page)}
      </body>
    </html> `.markup
}

function footer({ version, host }: Page): Html {
  return html`<footer>
    <p>
      Healthy: by the listing and the metadata of the objects, a snapshot and its chain can be
      restored. <code>z3 verify</code> also reads the data; the column Verified has the last time
      that any host did. Times are UTC, sizes are those of the stored objects.
    </p>
    <p>
      Made by z3 ${version} on ${host}. This page does not change: run <code>z3 report</code> again
      for a new one.
    </p>
  </footer>`
}
