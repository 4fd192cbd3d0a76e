/** The dataset that a dataset is in; undefined for a pool. */
export function parentOf(dataset: string): string | undefined {
  const at = dataset.lastIndexOf('/')
  return at < 0 ? undefined : dataset.slice(0, at)
}
