// Compile AssemblyScript to WebAssembly, embedded in a TypeScript module so that it can be bundled.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

const directory = new URL('../packages/zstream/', import.meta.url).pathname
const { error, stderr, binary } = await compile()
if (error) throw new Error(`fletcher4.ts: ${stderr}`, { cause: error })
await mkdir(`${directory}src/generated`, { recursive: true })
await keep(
  `${directory}src/generated/fletcher4-wasm.ts`,
  `// made of assembly/fletcher4.ts by scripts/build-wasm.mjs\nexport const FLETCHER4_WASM =\n  '${Buffer.from(binary).toString('base64')}'\n`,
)

async function compile() {
  let made
  const { error: failed, stderr: said } = await asc.main(
    [
      'fletcher4.ts',
      ...['--runtime', 'stub', '--enable', 'simd', '--importMemory'],
      ...['-O3', '--noAssert', '--outFile', 'fletcher4.wasm'],
    ],
    {
      readFile: (name) => readFile(`${directory}assembly/${name}`, 'utf8').catch(() => null),
      writeFile: (_name, contents) => {
        made = contents
      },
    },
  )
  return { error: failed, stderr: String(said), binary: made }
}

/** What has not changed is not written: tsc would compile all that uses it. */
async function keep(file, text) {
  const before = await readFile(file, 'utf8').catch(() => undefined)
  if (before !== text) await writeFile(file, text)
}
