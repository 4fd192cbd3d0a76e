import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { findProgram } from '@z3/pipeline'
import { openDemo } from './demo-scene.js'

/** Debian and Ubuntu name it so. scripts/test --all installs it. */
const program = findProgram('chromium', process.env)
/** Where `scripts/screenshots` wants the pictures; undefined: none are made. */
const { Z3_REPORT_IMAGES: images } = process.env

/** Without a window, and without requests of its own. */
const start = async (t: Test, executablePath: string): Promise<Browser> => {
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--headless',
      // root has none
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
    ],
  })
  t.teardown(() => browser.close())
  return browser
}

const VIEWS = {
  desktop: { viewport: { width: 1200, height: 960 }, colorScheme: 'light' },
  dark: { viewport: { width: 1200, height: 960 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
} as const

/** The rules of axe that the page breaks. */
const violations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } }
    ).axe.run()
    return violations.map(({ id }) => id)
  })
}

/** A picture for the docs, in which the directory of the test has another name. */
const takePicture = async (page: Page, file: string, home: string): Promise<void> => {
  const title = page.locator('header .place')
  const text = (await title.textContent()) ?? ''
  await title.evaluate(
    (element, shown) => {
      ;(element as unknown as { textContent: string }).textContent = shown
    },
    text.replace(home, '/srv'),
  )
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, await page.screenshot())
}

const skip = program === undefined && 'no chromium in PATH: run scripts/test --all'

void t.test('the page in a browser', { skip }, async (t) => {
  const home = t.testdir({})
  const report = await openDemo(home, Date.now() / 1000)
  const file = `${home}/report.html`
  const { code, stderr } = await report('--all', '--max-age', '26h', '--output', file)
  t.equal(code, 3, stderr)
  const browser = await start(t, program ?? '')
  for (const [name, options] of Object.entries(VIEWS)) {
    // axe is a script of the test: the policy of the page would refuse it
    const page = await browser.newPage({ ...options, bypassCSP: true })
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    await page.goto(String(pathToFileURL(file)))
    if (images !== undefined) await takePicture(page, `${images}/report-${name}.png`, home)
    await page.locator('summary').first().click()
    t.strictSame(await violations(page), [], `axe: ${name}`)
    t.strictSame(requests, [String(pathToFileURL(file))], 'nothing else is loaded')
    const { scrollWidth } = await page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { documentElement: { scrollWidth: number } }
      }
      return { scrollWidth: document.documentElement.scrollWidth }
    })
    t.ok(scrollWidth <= options.viewport.width, `${name}: wide parts scroll in their own box`)
    await page.close()
  }

  await t.test('the policy refuses scripts', async (t) => {
    const page = await browser.newPage()
    const refused: string[] = []
    page.on('console', (message) => refused.push(message.text()))
    await page.goto(String(pathToFileURL(file)))
    const ran = await page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: {
          title: string
          body: { insertAdjacentHTML(at: string, text: string): void }
        }
      }
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="document.title = 1">')
      return document.title
    })
    t.match(ran, /^Backups in directory /)
    await page.waitForTimeout(200)
    t.match(await page.title(), /^Backups in directory /)
    t.match(refused.join('\n'), 'Content Security Policy')
  })
})
