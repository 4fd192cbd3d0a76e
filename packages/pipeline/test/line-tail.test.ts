import t from 'tap'
import { LineTail } from '../src/output-tail.js'

const tail = (...chunks: readonly (string | Buffer)[]) => {
  const seen: string[] = []
  const lines = new LineTail((line) => seen.push(line))
  for (const chunk of chunks) lines.push(Buffer.from(chunk))
  lines.end()
  return { lines: lines.lines, seen }
}

void t.test('lines', (t) => {
  t.same(tail().lines, [])
  t.same(tail('').lines, [])
  t.same(tail('a\nb\n').lines, ['a', 'b'])
  t.same(tail('a\nb').lines, ['a', 'b'], 'no line end')
  t.same(tail('a', 'b', '\nc').lines, ['ab', 'c'], 'in pieces')
  t.same(tail('\n\n a\r\n \n').lines, [' a'], 'empty lines')
  t.same(tail('10 %\r20 %\rdone').lines, ['10 %', '20 %', 'done'])
  t.same(tail(Buffer.from('é€'), Buffer.from('\n')).lines, ['é€'])
  const euro = Buffer.from('€')
  t.same(tail(euro.subarray(0, 1), euro.subarray(1)).lines, ['€'])
  t.same(tail(Buffer.from([0x61, 0xff, 0xfe, 0x62])).lines, ['a\ufffd\ufffdb'])
  t.same(tail('\x1b[31mred\x00').lines, ['\x1b[31mred\x00'])
  t.end()
})

void t.test('everything is seen once, the end is kept', (t) => {
  const numbers = Array.from({ length: 5000 }, (_, index) => `line ${String(index)}`)
  const { lines, seen } = tail(numbers.join('\n'))
  t.same(seen, numbers)
  t.same(lines, numbers.slice(-20))
  t.end()
})

void t.test('bytes are bounded', (t) => {
  const long = (letter: string, length: number) => letter.repeat(length)
  const { lines } = tail(['a', 'b', 'c', 'd', 'e'].map((l) => long(l, 1900)).join('\n'))
  t.same(
    lines,
    ['b', 'c', 'd', 'e'].map((l) => long(l, 1900)),
  )
  const endless = tail(...Array.from({ length: 100 }, () => long('x', 65_536)))
  t.ok(Buffer.byteLength(endless.lines.join('')) <= 8192)
  t.match(endless.lines.at(-1), /^x+$/)
  t.equal(endless.seen.join('').length, 6_553_600)
  const invalid = tail(Buffer.alloc(100_000, 0xff))
  t.ok(Buffer.byteLength(invalid.lines.join('')) <= 8192)
  t.ok(invalid.lines.length > 0)
  t.end()
})
