/**
 * Who may do what: a small IAM.
 */
import type { Policy } from "./World.ts"

/** Whether `pattern`, in which `*` stands for any characters, means `name`. */
export const matches = (pattern: string, name: string): boolean => {
  const [first = "", ...rest] = pattern.split("*")
  const last = rest.pop()
  if (last === undefined) return pattern === name
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/** Whether the policy allows the action on the resource. */
export const allows = (policy: Policy, action: string, resource: string): boolean =>
  policy.some(
    ({ actions, resources }) =>
      actions.some((pattern) => matches(pattern, action)) && resources.some((pattern) => matches(pattern, resource))
  )
