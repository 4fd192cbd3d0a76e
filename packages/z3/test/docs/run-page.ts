/** The commands of a page, run in order on the machine that it assumes. */
import { NO_SERVER, NO_SSH, NO_ZFS, pageBlocks, testServers, type DocBlock } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { openDocScene, type DocScene, type SceneOptions } from './doc-scene.js'
import { toCommands } from './to-commands.js'

/** What surrounds one printed command. */
export interface Step {
  /** A script of bash that makes the situation in which the page runs the command. */
  readonly before?: string
  /** A script of bash that exits 0 if the command did what the page says. */
  readonly after?: string
  /** The exit status, if the page says that it is not 0. */
  readonly status?: number
}

export interface PageOptions extends SceneOptions {
  /** By the beginning of the command. The first that matches counts. */
  readonly steps?: Readonly<Record<string, Step>>
}

const isRun = ({ language, notRun }: DocBlock): boolean => language === 'sh' && notRun === undefined

/** Test that every command of a page that is not marked runs as it is printed. */
export function runPage(page: string, options: PageOptions = {}): void {
  const skip = NO_ZFS || NO_SSH || (testServers().length === 0 && NO_SERVER)
  void t.test(page, { skip }, async (t) => {
    const all = pageBlocks(page)
    const blocks = all.filter(isRun)
    const scene = await openDocScene(t.testdir({ layers: {} }), options)
    t.teardown(() => scene.close())
    if (options.setup !== undefined) await scene.must(options.setup)
    const unused = new Set(Object.keys(options.steps ?? {}))
    for (const { line, text } of blocks) {
      for (const command of toCommands(text)) {
        const name = [...unused].find((start) => command.startsWith(start))
        if (name !== undefined) unused.delete(name)
        const step = name === undefined ? {} : options.steps?.[name]
        await runCommand(t, scene, `${page}:${String(line)}: ${command}`, command, step)
      }
    }
    t.strictSame([...unused], [], 'every step has its command')
    t.comment(`${page}: ${String(blocks.length)} blocks ran`)
  })
}

async function runCommand(
  t: Test,
  scene: DocScene,
  name: string,
  command: string,
  { before, after, status = 0 }: Step = {},
): Promise<void> {
  await t.test(name, async (t) => {
    if (before !== undefined) await scene.must(before)
    const { stdout, stderr, ...result } = await scene.run(command, { printed: true })
    t.equal(result.status, status, 'exit status', { stdout, stderr })
    if (after !== undefined) await scene.must(after)
  })
}
