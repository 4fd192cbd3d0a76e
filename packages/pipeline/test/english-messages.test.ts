import t from 'tap'
import { englishMessages } from '../src/pipeline-run.js'

void t.test('the language of messages alone', (t) => {
  t.same(englishMessages({ PATH: '/bin' }), { PATH: '/bin', LC_MESSAGES: 'C' })
  t.same(englishMessages({ LANG: 'de_DE.UTF-8', LC_MESSAGES: 'fr_FR' }), {
    LANG: 'de_DE.UTF-8',
    LC_MESSAGES: 'C',
  })
  t.same(englishMessages({ LANG: 'C', LC_ALL: 'de_DE.UTF-8', LC_CTYPE: 'C' }), {
    LANG: 'de_DE.UTF-8',
    LC_CTYPE: 'de_DE.UTF-8',
    LC_MESSAGES: 'C',
  })
  t.end()
})
