/**
 * The `s3beat.yml` of a daemon in trouble.
 */
import * as TwoAccounts from "../support/embeddedAws.ts"

/** The least that the Schema allows: messages of a daemon that was killed come back as soon as can be. */
export const LEASE_SECONDS = 30

/** What a config differs by. **Shape** Without `workers` there are as many as by default. */
export interface ConfigTextOptions {
  readonly identifier: string
  readonly endpoint: string
  readonly workers?: number
  /** The section of its output. */
  readonly output: string
}

/** The text. */
export const configText = ({ endpoint, identifier, output, workers }: ConfigTextOptions): string => `
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
  workers: ${workers ?? "auto"}
  maxInFlightMessages: 20
  maxBytesInFlight: 16MiB
  endpoints: { s3: ${endpoint}, sqs: ${endpoint}, sts: ${endpoint} }
${output}
`
