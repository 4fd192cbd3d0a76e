import { writeFile } from 'node:fs/promises'
import { programs as names } from '../lib/bundle-options.mjs'
import { renderBash } from './bash.mjs'
import { renderFish } from './fish.mjs'
import { readPrograms } from './words.mjs'
import { renderZsh } from './zsh.mjs'

/**
 * Write completion.bash, completion.zsh and completion.fish, which `z3 completion` prints.
 *
 * @param {string} directory That of the bundle of z3.
 */
export async function makeCompletions(directory) {
  const programs = await readPrograms()
  const namesOf = (program) => [program, ...names[program]]
  const all = Object.keys(names).flatMap(namesOf)
  await writeFile(`${directory}/completion.bash`, renderBash(programs, all))
  await writeFile(`${directory}/completion.zsh`, renderZsh(programs, all))
  await writeFile(`${directory}/completion.fish`, renderFish(programs, namesOf))
}
