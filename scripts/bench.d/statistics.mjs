// Medians, and ratios of what ran next to each other

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

export const spread = (values) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/** Median over the rounds of a/b, both of the same round. */
export const pairedRatio = (a, b, field) =>
  median(a.runs.map((run, round) => run[field] / b.runs[round][field]))
