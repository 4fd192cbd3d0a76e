// with `node --import`: the URL of each module that is loaded, one a line, in the file $MODULES
import { register } from 'node:module'

const hook = `
import { appendFileSync } from 'node:fs'
export async function load(url, context, next) {
  appendFileSync(process.env.MODULES, url + '\\n')
  return next(url, context)
}`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
