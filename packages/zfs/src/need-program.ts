import { Z3Error } from '@z3/core'
import type { Host } from './host.js'

/**
 * Be sure that a program is there before a pipeline needs it.
 *
 * @throws Z3Error `program-missing`, which names the host
 */
export async function needProgram(host: Host, program: string): Promise<void> {
  if (await host.hasProgram(program)) return
  throw new Z3Error('program-missing', `no such program on ${host.title}: '${program}'`, {
    hint: 'Install it there, or do without it.',
  })
}
