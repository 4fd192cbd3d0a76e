import type { FinishedRun } from './finished-run.js'
import { isOfRun, sampleKey, type MetricName, type Sample } from './metrics.js'
import type { DatasetFacts, RunCount } from './run-facts.js'

const COUNTS: Readonly<Record<RunCount, MetricName>> = {
  readBytes: 'z3_last_run_read_bytes',
  storedBytes: 'z3_last_run_stored_bytes',
  failedDatasets: 'z3_last_run_failed_datasets',
}

const FACTS: Readonly<Record<keyof DatasetFacts, MetricName>> = {
  newestBackup: 'z3_newest_backup_timestamp_seconds',
  chainLength: 'z3_chain_length',
  verified: 'z3_last_verification_timestamp_seconds',
  pendingUploads: 'z3_pending_uploads',
}

/**
 * The samples after a run: those of other runs and datasets stay, those of the same run are
 * replaced. The last success stays if the run failed, and what is known about a dataset until
 * more is known.
 */
export function mergeMetrics(earlier: readonly Sample[], run: FinishedRun): readonly Sample[] {
  const fresh = samplesOf(run)
  const replaced = new Set(fresh.map(sampleKey))
  const isOld = (sample: Sample): boolean =>
    replaced.has(sampleKey(sample)) ||
    (isOfRun(sample) &&
      sample.name !== 'z3_last_success_timestamp_seconds' &&
      sample.labels['program'] === run.program &&
      sample.labels['run'] === run.subject)
  const kept = earlier.filter((sample) => !isOld(sample))
  return [...kept, ...fresh].filter(hasValue)
}

/** A value; undefined: there is none, and an earlier one does not count any more. */
type Fresh = Omit<Sample, 'value'> & { readonly value: number | undefined }

function hasValue(sample: Fresh): sample is Sample {
  return sample.value !== undefined
}

function samplesOf({ facts, ...run }: FinishedRun): readonly Fresh[] {
  const labels = { program: run.program, run: run.subject }
  const ofRun = (name: MetricName, value: number | undefined): Fresh => ({ name, labels, value })
  const ofDatasets = facts.datasets.flatMap(({ dataset, target, facts: known }) =>
    (Object.keys(FACTS) as (keyof DatasetFacts)[]).flatMap((fact): readonly Fresh[] => {
      const { [fact]: value } = known
      if (value === undefined) return []
      const labels = { program: run.program, dataset, target }
      return [{ name: FACTS[fact], labels, value: value ?? undefined }]
    }),
  )
  return [
    ofRun('z3_last_run_timestamp_seconds', run.started),
    ...(run.status === 0 ? [ofRun('z3_last_success_timestamp_seconds', run.ended)] : []),
    ofRun('z3_last_run_duration_seconds', run.duration),
    ofRun('z3_last_run_exit_status', run.status),
    ...[...facts.counts].map(([what, number]) => ofRun(COUNTS[what], number)),
    ...ofDatasets,
  ]
}
