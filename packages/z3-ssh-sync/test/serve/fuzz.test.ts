import assert from 'node:assert/strict'
import { fuzz, nastyText } from '@z3/fixtures'
import { renderPipeline } from '@z3/pipeline'
import fc from 'fast-check'
import t from 'tap'
import { parseRequest, parseWords } from '../../src/serve/grammar.js'
import { NotAllowed } from '../../src/serve/policy.js'

const refused = <T>(run: () => T): T | undefined => {
  try {
    return run()
  } catch (error) {
    if (error instanceof NotAllowed) return undefined
    throw error
  }
}

const toCommand = ([file = '', ...args]: readonly string[]) => ({ file, args })

void t.test('what is rendered is read as it was', async () => {
  const word = fc.stringMatching(/^[ -~]{1,12}$/)
  const command = fc.array(word, { minLength: 1, maxLength: 4 })
  await fuzz([fc.array(command, { minLength: 1, maxLength: 3 })], (commands) => {
    assert.deepEqual(parseWords(renderPipeline(commands.map(toCommand))), commands)
  })
})

void t.test('what is read means the same to a shell', async () => {
  const words = fc.array(fc.constantFrom('zfs', 'send', '-n', 'tank@a', '|', "'a b'", 'sudo'), {
    minLength: 1,
    maxLength: 5,
  })
  // one character of a shell's in what would be allowed
  const odd = fc.constantFrom(...Array.from('$`;&<>()*?[]{}~!#"\\|\n\t^='), "'", '$(x)', '&&')
  const changed = fc.tuple(words, odd, fc.nat()).map(([some, character, at]) => {
    const text = some.join(' ')
    const place = at % (text.length + 1)
    return text.slice(0, place) + character + text.slice(place)
  })
  const text = fc.oneof(changed, nastyText('zfs ', 'send ', ' | ', "'", "'\\''", 'sudo -n '))
  await fuzz(
    [text],
    (some) => {
      const commands = refused(() => parseWords(some))
      if (commands === undefined) return
      // a shell would do nothing with it but split and run
      assert.doesNotMatch(some.replaceAll(/'[^']*'/g, ''), /[;&<>()`$*?[\]{}~!#"\n]/)
      assert.deepEqual(parseWords(renderPipeline(commands.map(toCommand))), commands)
      refused(() => parseRequest(some))
    },
    5000,
  )
})
