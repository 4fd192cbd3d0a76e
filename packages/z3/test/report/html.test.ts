import { parseFragment } from 'parse5'
import t from 'tap'
import { constant, html } from '../../src/report/html.js'

void t.test('text is escaped, markup is not', (t) => {
  const hostile = `<script>"'&`
  t.equal(html`<p title="${hostile}">${hostile}</p>`.markup.match(/&lt;script&gt;/g)?.length, 2)
  t.equal(html`${html`<b>${'<'}</b>`}`.markup, '<b>&lt;</b>')
  t.equal(html`${['<', constant('<br>'), 7, undefined, false]}`.markup, '&lt;<br>7')
  const fragment = parseFragment(html`<p title="${hostile}">${hostile}</p>`.markup)
  t.match(fragment.childNodes, [
    { tagName: 'p', attrs: [{ value: hostile }], childNodes: [{ value: hostile }] },
  ])
  t.end()
})

void t.test('what a page would not show is visible', (t) => {
  const shown = (text: string) => html`${text}`.markup
  t.equal(shown('a\u0000b\u001b[31m'), 'a\\x00b\\x1b[31m')
  t.equal(shown('a\u202eb\u2066c'), 'a\\u202eb\\u2066c')
  t.equal(shown('a\nb'), 'a\\u{a}b')
  t.equal(shown('a\u200bb\u00adc\ufeff'), 'a\\u{200b}b\\u{ad}c\\u{feff}')
  t.equal(shown('\ud800 \ufffe \u{e0041}'), '\\u{d800} \\u{fffe} \\u{e0041}')
  t.equal(shown('größe 日本 🙂'), 'größe 日本 🙂')
  t.end()
})
