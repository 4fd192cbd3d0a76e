import { COMPRESSORS } from '@z3/core'
import t from 'tap'
import { compressorProblem } from '../src/values/value-types.js'

for (const name of ['none', 'gpg', 'mine', ...COMPRESSORS.keys()]) {
  t.equal(compressorProblem(name, ['mine']), undefined, name)
}

const ALLOWED = 'allowed: none, pigz1, pigz4, gzip, zstd, lz4, xz, gpg'
for (const [name, defined, expected] of [
  ['mine', [], `'mine' is not a compressor (${ALLOWED})`],
  ['brotli', ['mine'], `'brotli' is not a compressor (${ALLOWED}, mine)`],
  ['zst', [], `'zst' is not a compressor (did you mean zstd? ${ALLOWED})`],
  ['Mine', ['mine'], `'Mine' is not a compressor (did you mean mine? ${ALLOWED}, mine)`],
  // an encryptor of ours, but not a compressor
  ['age', [], `'age' is not a compressor (${ALLOWED})`],
  ['"gpg"', [], `'"gpg"' is not a compressor (${ALLOWED}; quotes are part of the value)`],
] as const) {
  t.equal(compressorProblem(name, defined), expected)
}
