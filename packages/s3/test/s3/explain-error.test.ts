import t from 'tap'
import { toZ3Error } from '../../src/s3/connection/explain-error.js'

void t.test('codes are the words of a server, which may send any', (t) => {
  const answer = (name: string, httpStatusCode: number): Error =>
    Object.assign(new Error('told by the server'), {
      name,
      $metadata: { httpStatusCode },
    })
  const explain = (name: string, status: number) =>
    toZ3Error(answer(name, status), "read 'k'", 's3://b')
  t.match(explain('NoSuchKey', 404), {
    code: 'no-such-key',
    message: "cannot read 'k': no such object (s3://b)",
  })
  for (const name of ['constructor', 'toString', '__proto__']) {
    t.equal(explain(name, 403).code, explain('AccessDenied', 403).code, name)
    t.match(explain(name, 400).message, `${name}: told by the server`)
  }
  t.end()
})
