// Loaded before a program (NODE_OPTIONS=--import): it sees a clock that is not this machine's.
import process from 'node:process'

const ahead = Number(process.env.Z3_TEST_CLOCK_AHEAD)
if (!Number.isFinite(ahead)) throw new Error('Z3_TEST_CLOCK_AHEAD: milliseconds')

const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + ahead)
    else super(...args)
  }

  static now() {
    return RealDate.now() + ahead
  }
}
