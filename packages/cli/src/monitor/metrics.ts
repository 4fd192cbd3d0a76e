/** Labels that identify the metrics of a run, and those of a dataset. */
const RUN = ['program', 'run'] as const
const DATASET = ['program', 'dataset', 'target'] as const

/** All metrics, in the order of the file. */
const METRICS = {
  z3_last_run_timestamp_seconds: { labels: RUN, help: 'Start of the last run.' },
  z3_last_success_timestamp_seconds: {
    labels: RUN,
    help: 'End of the last run with exit status 0.',
  },
  z3_last_run_duration_seconds: { labels: RUN, help: 'Duration of the last run.' },
  z3_last_run_exit_status: { labels: RUN, help: 'Exit status of the last run.' },
  z3_last_run_read_bytes: { labels: RUN, help: 'Bytes that the last run read.' },
  z3_last_run_stored_bytes: { labels: RUN, help: 'Bytes that the last run stored.' },
  z3_last_run_failed_datasets: { labels: RUN, help: 'Datasets that failed in the last run.' },
  z3_newest_backup_timestamp_seconds: {
    labels: DATASET,
    help: 'Creation of the newest snapshot that can be restored.',
  },
  z3_chain_length: { labels: DATASET, help: 'Objects that a restore of the newest backup reads.' },
  z3_last_verification_timestamp_seconds: {
    labels: DATASET,
    help: 'Last verification that found no damage.',
  },
  z3_pending_uploads: { labels: DATASET, help: 'Multipart uploads that are still pending.' },
} as const

export type MetricName = keyof typeof METRICS

const NAMES = Object.keys(METRICS) as MetricName[]

/** One value of a metric. */
export interface Sample {
  readonly name: MetricName
  /** Those of the metric, in its order. */
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The first line: a file that begins otherwise is not ours. A comment to Prometheus. */
export const MARK = '# Metrics of z3, version 1; rewritten by each run.'

/** Equal for values of the same metric with the same labels. */
export function sampleKey({ name, labels }: Omit<Sample, 'value'>): string {
  return JSON.stringify([name, ...METRICS[name].labels.map((key) => labels[key])])
}

/** Whether the metric is one of a run, not of a dataset. */
export function isOfRun({ name }: Sample): boolean {
  return METRICS[name].labels === RUN
}

/**
 * Write samples in the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export function formatMetrics(samples: readonly Sample[]): string {
  const groups = NAMES.flatMap((name) => {
    const lines = samples.filter((sample) => sample.name === name).map(formatSample)
    const head = [`# HELP ${name} ${METRICS[name].help}`, `# TYPE ${name} gauge`]
    return lines.length === 0 ? [] : [...head, ...lines]
  })
  return `${[MARK, ...groups].join('\n')}\n`
}

function formatSample({ name, labels, value }: Sample): string {
  const pairs = METRICS[name].labels.map((key) => `${key}="${escapeLabel(labels[key] ?? '')}"`)
  return `${name}{${pairs.join(',')}} ${String(value)}`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? '')
}

const LINE = /^(?<name>[a-z0-9_]+)\{(?<labels>.*)\} (?<value>-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/s
const LABEL = /(?<key>[a-z]+)="(?<text>(?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/**
 * Read what formatMetrics has written.
 *
 * @returns undefined: the text is anything else
 */
export function parseMetrics(text: string): readonly Sample[] | undefined {
  const [mark, ...lines] = text.split('\n')
  if (mark !== MARK || lines.pop() !== '') return undefined
  const samples: Sample[] = []
  for (const line of lines) {
    if (line.startsWith('# ')) continue
    const sample = parseSample(line)
    if (!sample) return undefined
    samples.push(sample)
  }
  return samples
}

function parseSample(line: string): Sample | undefined {
  const groups = LINE.exec(line)?.groups
  const name = NAMES.find((each) => each === groups?.['name'])
  const labels = parseLabels(groups?.['labels'] ?? '')
  const value = Number(groups?.['value'])
  if (name === undefined || !labels || !Number.isFinite(value)) return undefined
  const keys: readonly string[] = METRICS[name].labels
  if (keys.join() !== Object.keys(labels).join()) return undefined
  return { name, labels, value }
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at
    const { key, text: value } = LABEL.exec(text)?.groups ?? {}
    if (key === undefined || value === undefined) return undefined
    labels[key] = value.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    )
  }
  return labels
}
