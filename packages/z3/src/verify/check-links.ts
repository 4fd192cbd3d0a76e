import { storedByName, type StoredSnapshot } from '@z3/core'
import type { Finding } from './verify-object.js'

/**
 * Compare each stream with that of its parent, where the metadata do not name
 * guids: objects of the original z3.
 *
 * @param stored all objects of a dataset
 * @param wanted those of them to return the findings of
 * @returns the findings, with those that do not fit as damaged
 */
export function checkLinks(
  {
    stored,
    wanted,
  }: { readonly stored: readonly StoredSnapshot[]; readonly wanted: readonly StoredSnapshot[] },
  findings: ReadonlyMap<StoredSnapshot, Finding>,
): ReadonlyMap<StoredSnapshot, Finding> {
  const byName = storedByName(stored)
  const checked = new Map<StoredSnapshot, Finding>()
  for (const object of wanted) {
    const finding = findings.get(object)
    if (!finding) continue
    const parent = object.parent === undefined ? undefined : byName.get(object.parent)
    const from = finding.stream?.fromguid
    const to = parent && (parent.guid ?? findings.get(parent)?.stream?.toguid)
    if (finding.result !== 'ok' || !from || !to || from === to) {
      checked.set(object, finding)
      continue
    }
    const reason = `object '${object.key}' starts from another snapshot than ${String(object.parent)}: guid ${from}, not ${to}`
    checked.set(object, { ...finding, result: 'damaged', reason })
  }
  return checked
}
