import t from 'tap'
import { COMPRESSORS, ENCRYPTORS } from '../src/index.js'

void t.test("z3's compressors are z3's, option for option", (t) => {
  for (const [name, level] of [
    ['pigz1', '-1'],
    ['pigz4', '-4'],
  ] as const) {
    t.strictSame(
      COMPRESSORS.get(name),
      {
        compress: { file: 'pigz', args: [level, '--blocksize', '4096'] },
        decompress: { file: 'pigz', args: ['-d'] },
      },
      name,
    )
  }
  t.end()
})

void t.test('every compressor is a filter that is undone by its like', (t) => {
  t.strictSame([...COMPRESSORS.keys()], ['pigz1', 'pigz4', 'gzip', 'zstd', 'lz4', 'xz'])
  for (const [name, { compress, decompress }] of COMPRESSORS) {
    t.match(name, /^[A-Za-z0-9._-]{1,64}$/, 'a name that metadata may hold')
    t.equal(compress.file, decompress.file, name)
    t.match(decompress.args.join(' '), /(^| )-(d|dc)( |$)/, `${name} undone`)
    t.notMatch(compress.args.join(' '), /(^| )-(d|dc)( |$)/, `${name} done`)
  }
  t.end()
})

void t.test('encryptors are not compressors', (t) => {
  t.strictSame(ENCRYPTORS, ['gpg', 'age'])
  for (const name of [...ENCRYPTORS, 'none']) {
    t.notOk(COMPRESSORS.has(name), name)
  }
  t.end()
})
