/**
 * What the demo says to whoever watches.
 */
import { accountA, accountB, cast, QUEUE } from "../demo/accounts.ts"
import type { Proof } from "../demo/proof.ts"
import type { Totals } from "../telemetry/progress.ts"
import type { Summary } from "./runDemo.ts"

/** The scene. */
export const introduction = (endpoint: string, configFile: string): string =>
  `An AWS of its own is up at ${endpoint}.
  Account A ${accountA.id}: buckets ${accountA.buckets.map(({ name, region }) => `${name} (${region})`).join(", ")}; role ${cast.roleArn.split("/").at(-1)}
  Account B ${accountB.id}: queue ${QUEUE}, and s3beat, which may assume that role
  s3beat runs as "s3beat run -c ${configFile}"
`

/** One line a second. */
export const progressLine = (objects: number, { events, messagesDeleted, messagesInFlight }: Totals): string =>
  `  ${objects} objects uploaded, ${messagesDeleted} messages done, ${messagesInFlight} in flight, ${events} events delivered`

/** What went in and what came out. */
export const table = ({ amiss, kinds }: Proof, summary: Summary): string => {
  const rows = [
    ["", "objects", "records in", "events out"],
    ...kinds.map(({ events, kind, objects, records }) => [kind, String(objects), String(records), String(events)]),
    ["all", String(summary.objectsUploaded), String(summary.recordsUploaded), String(summary.eventsDelivered)]
  ]
  const lines = rows.map(
    ([name = "", ...numbers]) => `  ${name.padEnd(12)}${numbers.map((text) => text.padStart(12)).join("")}`
  )
  return `
${lines.join("\n")}

  ${amiss.length === 0 ? "Every record arrived as it was uploaded" : "Not everything is as it was uploaded"}: ${summary.distinctEvents} events with ids of their own.
  Messages deleted: ${summary.messagesDeleted}; left in the queue: ${summary.messagesLeft}.
  Without the role account A refused account B: ${summary.deniedWithBaseIdentity} times AccessDenied.
  Sessions of the role: ${summary.sessionsAssumed}, so it was renewed while logs came in.
  Heartbeats among the events: ${summary.heartbeats}.
  Events: ${summary.eventsFile}
  ${summary.seconds} s.`
}

/** What one can do while the demo stays up. */
export const howToUse = (endpoint: string, eventsFile: string): string => `
It stays up until Ctrl-C. To upload more, as account A's user:

  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=${cast.uploader.accessKeyId} AWS_SECRET_ACCESS_KEY=${cast.uploader.secretAccessKey}
  aws configure set default.s3.addressing_style path
  aws s3 cp some.log.gz s3://prod-logs/some.log.gz
  tail -f ${eventsFile}

To try as account B's s3beat user: ${cast.beat.accessKeyId} / ${cast.beat.secretAccessKey}`
