/**
 * The AWS SDK's own clients on the embedded AWS, for tests of what goes over the wire.
 */
import { S3Client } from "@aws-sdk/client-s3"
import { SQSClient } from "@aws-sdk/client-sqs"
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts"
import { Effect, Predicate, type Scope } from "effect"
import { EmbeddedAws } from "../../src/demo/EmbeddedAws.ts"
import { roleArns } from "./embeddedAws.ts"

/** Keys, of a user or of a session. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The three services as whoever has these keys sees them; nothing is tried twice. */
export interface AwsClients {
  readonly s3: S3Client
  readonly sqs: SQSClient
  readonly sts: STSClient
}

/** Clients for a region, closed with the scope. */
export const signedInAs = (
  { accessKeyId, secretAccessKey, sessionToken }: Keys,
  region = "us-east-1"
): Effect.Effect<AwsClients, never, EmbeddedAws | Scope.Scope> =>
  Effect.gen(function* () {
    const { endpoint } = yield* EmbeddedAws
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? undefined : { sessionToken }) }
    const options = { endpoint, region, credentials, maxAttempts: 1 }
    return yield* Effect.acquireRelease(
      Effect.sync(() => ({
        s3: new S3Client({ ...options, forcePathStyle: true }),
        sqs: new SQSClient(options),
        sts: new STSClient(options)
      })),
      ({ s3, sqs, sts }) => Effect.sync(() => [s3, sqs, sts].forEach((client) => client.destroy()))
    )
  })

/** How a call was refused. */
export interface Refusal {
  readonly status: number | undefined
  readonly name: string
  readonly message: string
}

/** The refusal that the call ends with. Dies when it is not refused. */
export const refusalOf = (call: () => Promise<unknown>): Effect.Effect<Refusal> =>
  Effect.flip(Effect.tryPromise({ try: call, catch: readRefusal })).pipe(
    Effect.catch(() => Effect.die(new Error("The call was not refused.")))
  )

/** The status and name of the refusal, as in `403 AccessDenied`. */
export const codeOf = (call: () => Promise<unknown>): Effect.Effect<string> =>
  Effect.map(refusalOf(call), ({ name, status }) => `${status} ${name}`)

/** What AssumeRole is asked for, with what a test changes of it. */
export const assumeRole = (more: Partial<AssumeRoleCommand["input"]> = {}): AssumeRoleCommand =>
  new AssumeRoleCommand({
    RoleArn: roleArns.reader,
    RoleSessionName: "s3beat-test",
    DurationSeconds: 900,
    ...more
  })

/** The keys of a new session. */
export const sessionOf = (
  sts: STSClient,
  more: Partial<AssumeRoleCommand["input"]> = {}
): Effect.Effect<Keys & { readonly expiresAt: number }> =>
  Effect.map(
    Effect.promise(() => sts.send(assumeRole(more))),
    ({ Credentials }) => ({
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
      expiresAt: Credentials?.Expiration?.getTime() ?? 0
    })
  )

const readRefusal = (error: unknown): Refusal => {
  const metadata = Predicate.hasProperty(error, "$metadata") ? error.$metadata : undefined
  const status = Predicate.hasProperty(metadata, "httpStatusCode") ? Number(metadata.httpStatusCode) : undefined
  return error instanceof Error
    ? { status, name: error.name, message: error.message }
    : { status, name: "Unknown", message: String(error) }
}
