/** The error for something that did not happen in time. */
export function timedOut(what: string, milliseconds: number): Error {
  const message = `${what} within ${String(milliseconds / 1000)} s`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
