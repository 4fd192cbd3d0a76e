import t from 'tap'
import { readerGone } from '../src/find-culprit.js'

const LINES = {
  yes: [
    'pigz: abort: write error on <stdout> (Broken pipe)',
    'gzip: stdout: Connection reset by peer',
    'gzip: stdout: Broken pipe',
    'zstd: error 70 : Write error : cannot write block : Connection reset by peer',
    'xz: (stdout): Write error: Broken pipe',
    "head: error writing 'standard output': Connection reset by peer",
    "warning: cannot send 'tank@a': Connection reset by peer",
    "warning: cannot send 'tank@a': Broken pipe",
    'z3-get: cannot write the output: write ECONNRESET',
    'z3-get: the program that reads the output ended before it had all of it',
    'Error: write EPIPE',
  ],
  maybe: [
    'gpg: filter_flush failed on close: Broken pipe',
    'error writing output file',
    'lz4: Write error : cannot write compressed block',
    'client_loop: send disconnect: Broken pipe',
  ],
  no: [
    "z3-get: cannot get k: no usable response: ECONNRESET: read ECONNRESET (bucket 'b' at AWS)",
    "z3-get: cannot get k: no usable response: EPIPE: write EPIPE (bucket 'b' at https://s3)",
    'Read from remote host a: Connection reset by peer',
    "cannot open 'tank@a': dataset does not exist",
    'cannot write to the log: No space left on device',
    'unexpected end of file',
    '',
  ],
} as const

for (const [answer, lines] of Object.entries(LINES)) {
  void t.test(answer, (t) => {
    for (const line of lines) t.equal(readerGone(line), answer, line)
    t.end()
  })
}
