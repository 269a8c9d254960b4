/**
 * What `s3beat check` does once the config is right.
 */
import { Console, Effect, Layer, Logger } from "effect"
import * as BucketInspectorAws from "../aws/BucketInspectorAws.ts"
import { endpointOf, type Service } from "../aws/endpoints.ts"
import * as QueueInspectorAws from "../aws/QueueInspectorAws.ts"
import * as SqsSourceAws from "../aws/SqsSourceAws.ts"
import { runAll } from "../check/Check.ts"
import * as NetworkNode from "../check/NetworkNode.ts"
import { plan } from "../check/plan.ts"
import { showFinding, summary } from "../check/showFinding.ts"
import type { Finding } from "../check/Finding.ts"
import type { S3beatConfig } from "../config/S3beatConfig.ts"
import { makeKeyFilter } from "../notification/keyFilter.ts"
import { CommandFailed, exitCode } from "./CommandFailed.ts"
import { checkedOutput, directoryProbe } from "./outputProbe.ts"
import { credentialsLayer, sessionName } from "./servicesLayer.ts"

/** What the command line says. */
export interface CheckOptions {
  readonly buckets: ReadonlyArray<string>
  readonly send: boolean
  readonly json: boolean
}

/**
 * Runs every check, after what was found of the config.
 *
 * **Shape** A line or more for each finding as it comes; with `json` one document at the end: `{ "ok", "findings": [{ "check",
 * "status", "detail", "remedy"? }] }`.
 *
 * **Errors** `CommandFailed` when anything failed. Warnings are none.
 */
export const runCheck = Effect.fnUntraced(function* (
  config: S3beatConfig,
  ofConfig: ReadonlyArray<Finding>,
  { buckets, json, send }: CheckOptions
) {
  const show = json ? () => Effect.void : (finding: Finding) => Console.log(showFinding(finding))
  yield* Effect.forEach(ofConfig, show, { discard: true })
  const { path, queue } = config.deadLetter
  const checks = plan({
    endpoints: endpointsOf(config),
    queues: config.sqsQueues,
    deadLetterQueue: queue,
    deadLetterPath:
      path === undefined ? undefined : directoryProbe(path, "s3beat does not start until it can be written."),
    deadLetters: deadLettersOf(config),
    roles: config.assumeRoleFlag ? config.assumeRoleArn : [],
    sessionName: sessionName(config),
    sessionDuration: config.stsCredsExpirationTime,
    visibilityTimeout: config.visibilityTimeout,
    buckets,
    acceptsKey: makeKeyFilter(config.traits),
    output: checkedOutput(config, send)
  })
  const findings = yield* Effect.flatMap(checks, (checks) => runAll(checks, show)).pipe(
    Effect.map((findings) => [...ofConfig, ...findings]),
    Effect.provide(layer(config)),
    // What the services would log the findings say.
    Effect.provide(Logger.layer([]))
  )
  const hasFailed = findings.some(({ status }) => status === "failed")
  yield* json
    ? Console.log(JSON.stringify({ ok: !hasFailed, findings }, null, 2))
    : Console.log(`\n${summary(findings)}`)
  if (hasFailed) {
    return yield* new CommandFailed({
      message: "s3beat cannot work as it is: see what failed",
      exitCode: exitCode.failed
    })
  }
})

const layer = (config: S3beatConfig) => {
  const { s3, s3PathStyle, sqs } = config.endpoints
  return Layer.mergeAll(
    NetworkNode.layer,
    BucketInspectorAws.layer({ endpoint: s3, forcePathStyle: s3PathStyle }),
    Layer.provide(QueueInspectorAws.layer({ endpoint: sqs }), SqsSourceAws.layer({ endpoint: sqs }))
  ).pipe(Layer.provideMerge(credentialsLayer(config)))
}

/** Where rejected messages go, as the config has it. */
const deadLettersOf = ({ deadLetter: { path, queue } }: S3beatConfig) =>
  queue === undefined
    ? path === undefined
      ? undefined
      : `deadLetter.path, ${path}`
    : `deadLetter.queue, ${queue.name}`

/** Those of the config, else those that the SDK uses. */
const endpointsOf = ({ endpoints, stsRegion }: S3beatConfig) => {
  const of = (service: Service, region: string) => {
    const own = endpoints[service]
    return own === undefined ? endpointOf(service, region) : Effect.succeed(new URL(own))
  }
  return {
    s3: (region: string) => of("s3", region),
    sqs: (region: string) => of("sqs", region),
    sts: of("sts", stsRegion)
  }
}
