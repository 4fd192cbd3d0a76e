import t from 'tap'
import { cutMiddle } from '../src/index.js'

void t.test('names are cut in the middle', (t) => {
  t.equal(cutMiddle('abcdefghij', 10, '…'), 'abcdefghij')
  t.equal(cutMiddle('abcdefghij', 9, '…'), 'abcd…ghij')
  t.equal(cutMiddle('abcdefghij', 8, '...'), 'abc...ij')
  t.equal(cutMiddle('abcdefghij', 4, '...'), 'abcd')
  t.equal(cutMiddle('abcdefghij', 0, '…'), '')
  t.end()
})
