import { runFilter } from '@z3/cli'
import { main } from './main.js'

await runFilter('zstream-verify', main)
