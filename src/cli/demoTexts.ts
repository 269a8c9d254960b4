/**
 * What the demo says to whoever watches.
 */
import { accountA, accountB, accountC, cast, QUEUE } from "../demo/accounts.ts"
import type { LogTotals, Proof } from "../demo/proof.ts"
import { accountOf } from "../demo/uploads.ts"
import type { Account } from "../demo/World.ts"
import type { Totals } from "../telemetry/progress.ts"
import type { Summary } from "./runDemo.ts"
import type { StartedCollector } from "./startCollector.ts"

/** The scene. */
export const introduction = (endpoint: string, configFile: string, collector: StartedCollector | undefined): string =>
  `An AWS of its own is up at ${endpoint}.
  Account A ${accountA.id}: ${show(accountA)}
  Account B ${accountB.id}: queue ${QUEUE}, and s3beat, which may assume these roles
  Account C ${accountC.id}: ${show(accountC)}; queue ${cast.auditEvents.name}, for that role alone
  s3beat runs as "s3beat run -c ${configFile}"${collector === undefined ? "" : `\n  Collector: process ${collector.pid} takes what is shipped to 127.0.0.1:${collector.port}, by the Lumberjack protocol`}
`

const show = ({ buckets, roles }: Account): string => {
  const places = buckets.map(({ name, region }) => `${name} (${region})`)
  const names = roles.map(({ name }) => name)
  return `${list("bucket", places)}; ${list("role", names)}`
}

const list = (noun: string, names: ReadonlyArray<string>): string =>
  `${noun}${names.length === 1 ? "" : "s"} ${names.join(", ")}`

/** One line a second. */
export const progressLine = (objects: number, { events, messagesDeleted, messagesInFlight }: Totals): string =>
  `  ${objects} objects uploaded, ${messagesDeleted} messages done, ${messagesInFlight} in flight, ${events} events delivered`

/** What went in and what came out. */
export const table = ({ amiss, buckets, kinds }: Proof, summary: Summary): string => {
  const rows = [
    ["", "objects", "records in", "events out"],
    ...kinds.map((totals) => row(totals.name, totals)),
    ...buckets.map((totals) => row(`${totals.name}, of ${letters.get(accountOf(totals.name))}`, totals)),
    ["all", String(summary.objectsUploaded), String(summary.recordsUploaded), String(summary.eventsDelivered)]
  ]
  const lines = rows.map(
    ([name = "", ...numbers]) => `  ${name.padEnd(20)}${numbers.map((text) => text.padStart(12)).join("")}`
  )
  return `
${lines.join("\n")}

  ${amiss.length === 0 ? "Every record arrived as it was uploaded" : "Not everything is as it was uploaded"}: ${summary.distinctEvents} events with ids of their own.
  Messages deleted: ${summary.messagesDeleted}; left in the queues: ${summary.messagesLeft}.
  Without a role account A refused account B: ${summary.deniedWithBaseIdentity} times AccessDenied.
  Which role of A reads which bucket was learned: ${summary.deniedWhileLearning} times AccessDenied. C's role was told, and polled C's queue as well.
  Sessions: ${summary.sessionsAssumed}; ${summary.rolesRenewed} of ${cast.roleArns.length} roles were renewed while logs came in.
  Heartbeats among the events: ${summary.heartbeats}.
  Events${summary.output === "logstash" ? ", as the collector took them" : ""}: ${summary.eventsFile}
  ${summary.seconds} s.`
}

const letters = new Map([
  [accountA, "A"],
  [accountC, "C"]
])

const row = (name: string, { events, objects, records }: LogTotals) => [
  name,
  String(objects),
  String(records),
  String(events)
]

/** What one can do while the demo stays up. */
export const howToUse = (endpoint: string, eventsFile: string): string => `
It stays up until Ctrl-C. To upload more, as account A's user:

  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=${cast.uploader.accessKeyId} AWS_SECRET_ACCESS_KEY=${cast.uploader.secretAccessKey}
  aws configure set default.s3.addressing_style path
  aws s3 cp some.log.gz s3://prod-logs/some.log.gz
  tail -f ${eventsFile}

To try as account B's s3beat user: ${cast.beat.accessKeyId} / ${cast.beat.secretAccessKey}`
