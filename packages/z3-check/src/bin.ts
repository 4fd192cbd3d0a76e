import { run } from '@z3/cli'
import { main } from './main.js'

await run('z3-check', main)
