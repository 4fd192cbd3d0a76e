#!/usr/bin/env node
// imports nothing before the version is known: what comes then is no syntax for an old Node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 20 || (major === 20 && minor >= 19)) {
  import('../dist/bundle/bin.js')
} else {
  console.error(`z3-autobackup: Node.js 20.19 or later is needed, and this is ${process.version}`)
  process.exitCode = 1
}
