/**
 * The `s3beat.yml` of a daemon in trouble.
 */
import * as TwoAccounts from "../support/embeddedAws.ts"

/** The least that the Schema allows: messages of a daemon that was killed come back as soon as can be. */
export const LEASE_SECONDS = 30

/** What a config differs by. */
export interface ConfigTextOptions {
  readonly identifier: string
  readonly endpoint: string
  readonly directory: string
}

/** The text. */
export const configText = ({ directory, endpoint, identifier }: ConfigTextOptions): string => `
s3beat:
  beatIdentifier: ${identifier}
  sqsQueues: ${TwoAccounts.events.name}:${TwoAccounts.events.region}
  awsFlag: false
  accessKeyID: ${TwoAccounts.beat.accessKeyId}
  secretAccessKey: ${TwoAccounts.beat.secretAccessKey}
  assumeRoleFlag: true
  assumeRoleArn: ${TwoAccounts.roleArns.reader}
  period: 1s
  visibilityTimeout: ${LEASE_SECONDS}s
  shutdownTimeout: 3s
  maxInFlightMessages: 20
  maxBytesInFlight: 16MiB
  endpoints: { s3: ${endpoint}, sqs: ${endpoint}, sts: ${endpoint} }
output.file:
  path: ${JSON.stringify(directory)}
  filename: events
  rotate_every_kb: 16384
  number_of_files: 1024
`
