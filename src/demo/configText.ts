/**
 * The `s3beat.yml` of the demo, as an operator would write it.
 */
import { cast, QUEUE } from "./accounts.ts"

/** Where the events go: into a file of a directory, or to a collector on 127.0.0.1. */
export type DemoOutput =
  | { readonly to: "file"; readonly directory: string }
  | { readonly to: "logstash"; readonly port: number }

/** The text of the config. **Shape** `endpoint` is the embedded AWS's. */
export const configText = (endpoint: string, output: DemoOutput): string => `# Written by s3beat demo.
s3beat:
  beatIdentifier: demo
  sqsQueues:
    - ${QUEUE}:${cast.region}
    - ${cast.auditEvents.name}:${cast.auditEvents.region}

  # Account B's own keys: good for its own queue, and for assuming the roles. Nothing in accounts A and C is open to them.
  awsFlag: false
  accessKeyID: ${cast.beat.accessKeyId}
  secretAccessKey: ${cast.beat.secretAccessKey}

  assumeRoleFlag: true
  assumeRoleArn:
    # Account A has a role for each of its buckets. Which is for which is not told: one refusal teaches it.
    - arn: ${cast.roleArn}
      externalId: ${cast.externalId}
    - arn: ${cast.roleArnEu}
      externalId: ${cast.externalId}
    # Account C's role is told what it is for, and polls C's own queue as well.
    - arn: ${cast.roleArnC}
      externalId: ${cast.externalIdC}
      buckets: [audit-*]
      queues: [${cast.auditEvents.name}]
  stsCredsExpirationTime: 1h

  period: 1s
  heartbeatinterval: 2s
  endpoints:
    s3: ${endpoint}
    sqs: ${endpoint}
    sts: ${endpoint}

${outputText(output)}`

const outputText = (output: DemoOutput): string => {
  switch (output.to) {
    case "file":
      return `output.file:
  path: ${JSON.stringify(output.directory)}
  filename: events
  rotate_every_kb: 1048576
`
    case "logstash":
      return `output.logstash:
  hosts: ["127.0.0.1:${output.port}"]
`
  }
}
