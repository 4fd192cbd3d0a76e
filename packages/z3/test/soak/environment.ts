/** Faults that an environment makes: modules that Node loads before a program. */
type Env = Readonly<Record<string, string>>

const loaded = (path: string): string => `--import=${new URL(path, import.meta.url).href}`

/**
 * Names that are not resolved, from the look-up `from` (0: the first) on, `times` times.
 *
 * @param endpoint of a proxy before radosgw
 * @param met a file that is made then
 */
export const dnsErrors = (endpoint: string, from: number, times: number, met: string): Env => ({
  // the name that radosgw goes by
  S3_ENDPOINT: endpoint.replace('127.0.0.1', 's3.test'),
  S3_ADDRESSING: 'path',
  NODE_OPTIONS: loaded('../../../../fixtures/dns-errors.mjs'),
  Z3_TEST_DNS_FROM: String(from),
  Z3_TEST_DNS_TIMES: String(times),
  Z3_TEST_MET: met,
})

/** A clock that is so many days ahead. */
export const clockAhead = (days: number): Env => ({
  NODE_OPTIONS: loaded('../../../z3-autobackup/test/days/clock.mjs'),
  Z3_TEST_CLOCK_AHEAD: String(days * 86_400_000),
})
