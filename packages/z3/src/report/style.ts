import { constant } from './html.js'

/**
 * The style sheet of the page. Colours of text have a contrast of at least 4.5 with their ground in
 * both schemes (WCAG 2.2, 1.4.3), those of drawings 3 (1.4.11).
 */
export const STYLE = constant(`
:root { color-scheme: light dark; --page: #f6f6f4; --card: #fff; --text: #1d1d1b; --soft: #5c5c57;
  --rule: #dddcd7; --full: #1f4e8c; --link: #7d93b2; --area: #dbe5f2; --good: #1b6b3a; --bad: #b3261e; --warn: #8a5300; --code: #f0efeb }
@media (prefers-color-scheme: dark) { :root { --page: #161715; --card: #1f201e; --text: #e8e7e3; --soft: #a9a8a2;
  --rule: #3a3b38; --full: #8fb8ee; --link: #6c84a5; --area: #26364b; --good: #7fce9b; --bad: #ff9d94; --warn: #f0bd6a; --code: #2a2b28 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 75rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere }
h1, h2, h3 { line-height: 1.25; margin: 0; font-weight: 650 }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem } h3 { font-size: 1rem; margin: 1.75rem 0 .5rem }
p { margin: .5rem 0 } a { color: var(--full) }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; unicode-bidi: isolate }
h1 code, h2 code { font-size: .95em }
header, main > section { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: 1.25rem 1.5rem; margin: 0 0 1rem }
.note, footer, .place { color: var(--soft); font-size: .9rem }
footer { padding: 0 .25rem }
.verdict { font-size: 1.15rem; margin: .75rem 0 0 }
.badge { display: inline-flex; align-items: center; gap: .35em; font-weight: 650; white-space: nowrap }
.badge svg { width: 1.05em; height: 1.05em; flex: none }
.good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
.title { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: baseline }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem 1.5rem; margin: 1.25rem 0 0 }
dl.facts dt { color: var(--soft); font-size: .85rem } dl.facts dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums }
dl.facts dd span { display: block; font-size: .85rem; font-weight: 400; color: var(--soft) }
ul.problems { margin: .75rem 0 0; padding: 0; list-style: none } ul.problems > li { border-top: 1px solid var(--rule); padding: .75rem 0 }
ul.problems > li:last-child { padding-bottom: 0 }
ul.what { margin: .25rem 0; padding-left: 1.25rem; list-style: disc }
.command { display: block; margin: .2rem 0 .6rem; padding: .4rem .7rem; background: var(--code); border-radius: .35rem; user-select: all; white-space: pre-wrap }
.for { margin: .5rem 0 0; font-size: .9rem; color: var(--soft) }
.scroll { overflow-x: auto; margin: 0 -.25rem; padding: 0 .25rem } .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--full); outline-offset: 2px }
.tall { max-height: 32rem; overflow-y: auto }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--soft); padding: .35rem 0; font-size: .85rem }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap; font-weight: 400; vertical-align: top }
thead th { position: sticky; top: 0; background: var(--card); color: var(--soft); font-size: .85rem }
.number { text-align: right } tbody tr:last-child > * { border-bottom: 0 }
details { margin-top: .25rem } summary { cursor: pointer; color: var(--full); padding: .25rem 0 }
.chart { display: block; width: 100%; min-width: 46rem; height: auto; direction: ltr }
.latest { direction: rtl }
.axis { stroke: var(--rule); fill: none } .tick { stroke: var(--rule); stroke-dasharray: 2 4 }
.label, .value { fill: var(--soft); font-size: 13px; font-family: inherit } .value { fill: var(--text); font-weight: 600 }
.link { fill: none; stroke: var(--link); stroke-width: 1.4 } .full { fill: var(--full) }
.incremental { fill: var(--card); stroke: var(--full); stroke-width: 2 } .broken { stroke: var(--bad); stroke-width: 3; fill: none }
.local { fill: none; stroke: var(--warn); stroke-width: 1.8; stroke-linejoin: round } .newest { fill: none; stroke: var(--good); stroke-width: 2 }
.area { fill: var(--area) } .line { fill: none; stroke: var(--full); stroke-width: 2 }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; padding: 0; margin: .4rem 0 0; font-size: .85rem; color: var(--soft) }
.legend li { display: inline-flex; align-items: center; gap: .35rem } .key { width: 1.35rem; height: 1.35rem }
ul.names { margin: .5rem 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.5rem }
@media (max-width: 40rem) { body { padding: .5rem .5rem 2rem } header, main > section { padding: 1rem; border-radius: .5rem } }
@media print { :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --rule: #bbb; --full: #1f4e8c; --link: #7d93b2; --area: #dbe5f2; --good: #1b6b3a; --bad: #b3261e; --warn: #8a5300; --code: #f0efeb }
  body { max-width: none; padding: 0; font-size: 10pt } header, main > section { border: 0; border-top: 1px solid var(--rule); border-radius: 0; padding: .75rem 0 }
  .scroll, .tall { overflow: visible; max-height: none } .chart { min-width: 0 } th, td { white-space: normal } thead th { position: static }
  svg, tr, h2, h3, ul.problems > li { break-inside: avoid } h2, h3, summary { break-after: avoid } }
`)
