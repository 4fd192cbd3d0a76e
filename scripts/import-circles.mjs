// Fail if modules of a package import each other in a circle, types included (knip --cycles
// checks values only): such modules cannot be read or moved separately. Between packages, tsc -b
// refuses cycles.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const sources = readdirSync('packages').flatMap((name) => {
  const directory = join('packages', name, 'src')
  const files = readdirSync(directory, { recursive: true })
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(directory, file))
})
const imports = new Map(
  sources.map((file) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'))
    const local = importedFiles.map(({ fileName }) => fileName).filter((to) => to.startsWith('.'))
    return [file, local.map((to) => join(dirname(file), to).replace(/\.js$/, '.ts'))]
  }),
)

const done = new Set()

/** The first circle that files lead to which import each other in this order. */
function findCircle(path) {
  const file = path.at(-1)
  for (const next of imports.get(file) ?? []) {
    if (path.includes(next)) return [...path.slice(path.indexOf(next)), next]
    const circle = done.has(next) ? undefined : findCircle([...path, next])
    if (circle) return circle
  }
  done.add(file)
  return undefined
}

for (const file of sources) {
  const circle = findCircle([file])
  if (!circle) continue
  console.error(`import circle: ${circle.join(' -> ')}`)
  process.exit(1)
}
