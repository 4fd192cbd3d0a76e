/** What a soak has done and found. */
export class Tally {
  readonly runs = new Map<string, Map<string, number>>()
  readonly faults = new Map<string, number>()
  /** Breaches of the law, in words. */
  readonly breaches: { readonly kind: Breach; readonly what: string }[] = []
  /** Bytes that were compared with what they should be. */
  compared = 0

  count(operation: string, outcome: string): void {
    const outcomes = this.runs.get(operation) ?? new Map<string, number>()
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    this.runs.set(operation, outcomes)
  }

  fault(kind: string, times = 1): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + times)
  }

  breach(kind: Breach, what: string): void {
    this.breaches.push({ kind, what })
  }

  /** Tables in Markdown. */
  render(): string {
    const total = [...this.runs.values()].flatMap((one) => [...one.values()])
    const rows = (lines: readonly (readonly [string, string | number])[]) =>
      lines.map(([name, value]) => `| ${name} | ${String(value)} |\n`).join('')
    const outcomes = (one: ReadonlyMap<string, number>) =>
      [...one]
        .map(([outcome, count]) => `${outcome}: ${String(count)}`)
        .sort()
        .join(', ')
    return [
      '| fault | times |\n| --- | --- |\n',
      rows([...this.faults].sort(([a], [b]) => a.localeCompare(b))),
      '\n| run of | by exit status |\n| --- | --- |\n',
      rows([...this.runs].sort().map(([name, one]) => [name, outcomes(one)])),
      '\n| | |\n| --- | --- |\n',
      rows([
        ['runs', total.reduce((sum, one) => sum + one, 0)],
        ...BREACHES.map(
          (kind) => [kind, this.breaches.filter((one) => one.kind === kind).length] as const,
        ),
        ['bytes compared', this.compared],
      ]),
    ].join('')
  }
}

export const BREACHES = [
  'false success',
  'untold object',
  'lost object',
  'orphan',
  'changed target',
  'hang',
  'failure without a fault',
] as const

export type Breach = (typeof BREACHES)[number]
