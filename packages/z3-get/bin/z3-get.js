#!/bin/sh
':' //; { true 3>&1; } 2> /dev/null || export Z3_STDOUT_CLOSED=1; exec node --max-semi-space-size=1 "$0" "$@"
// The line above is a shell's: Node opens /dev/null in place of a closed standard output. A small heap for
// new objects takes 10 MiB less and no more time: the data is not in the heap.
// imports nothing before the version is known: what comes then is no syntax for an old Node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 20 || (major === 20 && minor >= 19)) {
  import('../dist/bundle/bin.js')
} else {
  console.error(`z3-get: Node.js 20.19 or later is needed, and this is ${process.version}`)
  process.exitCode = 1
}
