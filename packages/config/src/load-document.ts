import type { Document, LineProblem } from './document.js'

type Loader = (file: string, text: string) => Promise<unknown>

interface Explorer {
  load: (file: string) => Promise<unknown>
}

/**
 * Read a file and parse it by its ending. The libraries are only loaded here,
 * once there is a file of their kind: starting up without one costs nothing.
 *
 * @throws the error of the file system if it cannot be read
 */
export async function loadDocument(file: string): Promise<Document> {
  let document: Document = { sections: [], problems: [] }
  const keep =
    (parse: (text: string) => Promise<Document>): Loader =>
    async (_file, text) => {
      const problems = encodingProblems(text)
      document = problems.length > 0 ? { sections: [], problems } : await parse(text)
      // A file named package.* has only one property of this looked at, and an
      // empty result means 'no file': so what was read is kept here instead.
      return {}
    }
  const explorer = await createExplorer({
    default: keep(parseIniText),
    noExt: keep(parseIniText),
    '.json': keep(parseYamlText),
    '.yaml': keep(parseYamlText),
    '.yml': keep(parseYamlText),
  })
  await explorer.load(file)
  return document
}

/**
 * cosmiconfig's explorer, but not through `cosmiconfig()`: that looks for a
 * configuration of its own first, which includes running `.config/config.js`
 * of the working directory. For a tool that root runs anywhere, that is
 * somebody else's code run as root.
 */
async function createExplorer(loaders: Record<string, Loader>): Promise<Explorer> {
  // `default`, since that is all that a bundle keeps of a CommonJS module
  const { default: exported } = (await import('cosmiconfig/dist/Explorer.js')) as unknown as {
    default: { Explorer: new (options: object) => Explorer }
  }
  return new exported.Explorer({
    moduleName: 'z3',
    searchPlaces: [],
    searchStrategy: 'none',
    cache: false,
    transform: (result: unknown) => result,
    loaders,
  })
}

async function parseIniText(text: string): Promise<Document> {
  const { parseIni } = await import('./parse-ini.js')
  return parseIni(text)
}

async function parseYamlText(text: string): Promise<Document> {
  const { parseYaml } = await import('./parse-yaml.js')
  return parseYaml(text)
}

// Bytes that are not UTF-8 arrive as U+FFFD: a wrong secret, without a word.
function encodingProblems(text: string): readonly LineProblem[] {
  return text
    .split(/\r\n|\n|\r/)
    .flatMap((content, index) =>
      content.includes('\uFFFD') ? [{ line: index + 1, what: 'not UTF-8 text' }] : [],
    )
}
