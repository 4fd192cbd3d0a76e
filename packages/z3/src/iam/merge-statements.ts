import type { Statement } from './statement.js'

/**
 * Join statements that differ only in their actions, then those that differ only in their
 * resources. Of several with one Sid, later ones get a number: Sids are unique in a policy.
 */
export function mergeStatements(statements: readonly Statement[]): readonly Statement[] {
  const joined = groupsOf(
    groupsOf(statements, ({ Sid, Resource, Condition }) => [Sid, Resource, Condition]),
    ({ Sid, Action, Condition }) => [Sid, Action, Condition],
  )
  const seen = new Map<string, number>()
  return joined.map((statement) => {
    const count = (seen.get(statement.Sid) ?? 0) + 1
    seen.set(statement.Sid, count)
    return count === 1 ? statement : { ...statement, Sid: `${statement.Sid}${String(count)}` }
  })
}

/** One statement for all that have the same key, in the order of the first ones. */
function groupsOf(
  statements: readonly Statement[],
  keyOf: (statement: Statement) => unknown,
): readonly Statement[] {
  const groups = new Map<string, Statement>()
  for (const statement of statements) {
    const key = JSON.stringify(keyOf(statement))
    const before = groups.get(key)
    groups.set(key, before ? join(before, statement) : statement)
  }
  return [...groups.values()]
}

function join(one: Statement, other: Statement): Statement {
  const resources = [...new Set([one.Resource, other.Resource].flat())]
  const [only = '', ...more] = resources
  return {
    ...one,
    Action: [...new Set([...one.Action, ...other.Action])],
    Resource: more.length === 0 ? only : resources,
  }
}
