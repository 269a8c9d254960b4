/**
 * Findings for people.
 */
import type { Addition, Finding } from "./Finding.ts"

const signs = { ok: "✓", warning: "!", failed: "✗", skipped: "-" } as const

/** A line and, where something is to be done, what, with the statements to add. */
export const showFinding = ({ check, detail, remedy, status }: Finding): string =>
  [
    `${signs[status]} ${check}: ${detail}`,
    ...(remedy === undefined ? [] : [`    ${remedy.advice}`, ...remedy.add.map(showAddition)])
  ].join("\n")

const showAddition = ({ account, of, statement, to }: Addition): string => {
  const json = JSON.stringify(statement, null, 2).replaceAll("\n", "\n      ")
  return `    ${heading[to]} of ${of}, in account ${account}:\n      ${json}`
}

const heading = {
  "identity policy": "Add to the identity policy",
  "role permissions": "Add to the permissions",
  "trust policy": "Add to the trust policy",
  "queue policy": "Add to the queue policy",
  "key policy": "Add to the key policy",
  "bucket notification": "Put as the notification configuration"
} as const

/** How many there are of each kind: `12 ok, 1 warning, 2 failed, 3 not checked`. */
export const summary = (findings: ReadonlyArray<Finding>): string => {
  const count = (status: Finding["status"]) => findings.filter((finding) => finding.status === status).length
  const warnings = count("warning")
  return [
    `${count("ok")} ok`,
    `${warnings} ${warnings === 1 ? "warning" : "warnings"}`,
    `${count("failed")} failed`,
    `${count("skipped")} not checked`
  ].join(", ")
}
