/** Whether a dataset is `path` or one of its descendants. */
export function isWithin(dataset: string, path: string): boolean {
  return dataset === path || dataset.startsWith(`${path}/`)
}
