/** Whether a dataset is another one, or below it. */
export function isWithin(dataset: string, path: string): boolean {
  return dataset === path || dataset.startsWith(`${path}/`)
}
