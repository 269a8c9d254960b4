/**
 * The `s3beat.yml` of the demo, as an operator would write it.
 */
import { cast, QUEUE } from "./accounts.ts"

/** The text of the config. **Shape** `endpoint` is the embedded AWS's, `directory` where the events go. */
export const configText = (endpoint: string, directory: string): string => `# Written by s3beat demo.
s3beat:
  beatIdentifier: demo
  sqsQueues:
    - ${QUEUE}:${cast.region}

  # Account B's own keys: good for the queue, and for assuming the role. Nothing in account A is open to them.
  awsFlag: false
  accessKeyID: ${cast.beat.accessKeyId}
  secretAccessKey: ${cast.beat.secretAccessKey}

  # The role in account A that may read its buckets.
  assumeRoleFlag: true
  assumeRoleArn:
    - arn: ${cast.roleArn}
      externalId: ${cast.externalId}
  stsCredsExpirationTime: 1h

  period: 1s
  heartbeatinterval: 2s
  endpoints:
    s3: ${endpoint}
    sqs: ${endpoint}
    sts: ${endpoint}

output.file:
  path: ${JSON.stringify(directory)}
  filename: events
  rotate_every_kb: 1048576
`
