/** Every block of the pages is run, or says why not, or is checked here. */
import { existsSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { loadConfig } from '@z3/config'
import { docPages, pageBlocks, type DocBlock } from '@z3/fixtures'
import t from 'tap'
import { readCrontab } from '../read-crontab.js'
import { toCommands } from './to-commands.js'

/** Why commands are not run. */
const REASONS = [
  'needs AWS',
  'needs FreeBSD',
  'changes the whole machine',
  'takes long',
  'starts servers of its own',
]

const dir = t.testdir({})

/** @throws Z3Error or SyntaxError for what the programs would refuse */
const CHECKS: Readonly<Record<string, (block: DocBlock) => unknown>> = {
  sh: () => undefined,
  // output, and lines for programs that are not ours
  text: ({ lines }) => {
    const command = lines.find((line) =>
      /^(z3|zfs|zpool|pput|scripts\/[a-z]|sudo|aws|curl)\b/.test(line),
    )
    if (command !== undefined) throw new Error(`commands are blocks of sh: ${command}`)
  },
  cron: ({ lines }) => readCrontab(lines),
  ini: ({ text }) => load('z3.conf', /^\[/m.test(text) ? text : `[main]\n${text}`),
  yaml: ({ text }) => load('config.yaml', text),
  json: ({ text }) => {
    const value = JSON.parse(text) as object
    return 'main' in value ? load('config.json', text) : undefined
  },
}

const load = (name: string, text: string) => {
  const configFile = `${dir}/${name}`
  writeFileSync(configFile, text, { mode: 0o600 })
  return loadConfig({ flags: {}, env: {}, configFile })
}

void t.test('every block', async (t) => {
  const counts = new Map<string, number>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  for (const page of docPages()) {
    for (const block of pageBlocks(page)) {
      const { language, line, notRun } = block
      const name = `${page}:${String(line)}`
      const check = CHECKS[language]
      if (!check) {
        t.fail(`${name}: the language '${language}' is none of ${Object.keys(CHECKS).join(', ')}`)
        continue
      }
      try {
        await check(block)
      } catch (error) {
        t.fail(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (notRun !== undefined) {
        t.ok(REASONS.includes(notRun), `${name}: '${notRun}' is none of ${REASONS.join(', ')}`)
        t.equal(language, 'sh', `${name}: only commands have a mark`)
        count(`not run: ${notRun}`)
      } else if (language === 'sh') {
        const test = `${basename(page, '.md').toLowerCase()}.test.ts`
        t.ok(
          existsSync(new URL(test, import.meta.url)),
          `${name}: packages/z3/test/docs/${test} runs it`,
        )
        count('run')
      } else {
        count(`checked: ${language}`)
      }
    }
  }
  t.comment([...counts].map(([what, number]) => `${String(number)} ${what}`).join(', '))
})

void t.test('commands of a block', (t) => {
  t.strictSame(toCommands('a\n\n# b\nc \\\n  d\ncat > e << EOF\nf\n\n# g\nEOF\nh # i\n'), [
    'a',
    'c \\\n  d',
    'cat > e << EOF\nf\n\n# g\nEOF',
    'h # i',
  ])
  t.end()
})
