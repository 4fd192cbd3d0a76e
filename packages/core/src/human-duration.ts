import prettyMs from 'pretty-ms'

/** For people: seconds, rounded, in at most two units; a difference of two clocks below zero is 0. */
export function humanDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  // the library would print 0ms
  return whole === 0 ? '0s' : prettyMs(whole * 1000, { unitCount: 2 })
}
