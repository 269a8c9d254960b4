/**
 * All checks, in the order in which a cause comes before what follows from it.
 */
import { Effect } from "effect"
import { Sts } from "../credentials/Sts.ts"
import type { QueueRef } from "../domain/QueueRef.ts"
import * as buckets from "./buckets.ts"
import * as Caller from "./Caller.ts"
import type { Check } from "./Check.ts"
import { deadLetterCheck } from "./deadLetters.ts"
import * as identities from "./identities.ts"
import { messageCheck } from "./messages.ts"
import { type CheckedOutput, outputChecks, targetsCheck } from "./outputs.ts"
import * as queues from "./queues.ts"
import * as reachable from "./reachable.ts"

/** Where AWS is, for each service and region. */
export interface Endpoints {
  readonly s3: (region: string) => Effect.Effect<URL>
  readonly sqs: (region: string) => Effect.Effect<URL>
  readonly sts: Effect.Effect<URL>
}

/** What the config and the flags say. */
export interface PlanOptions
  extends identities.SessionOptions, Pick<queues.QueueOptions, "visibilityTimeout" | "deadLetters"> {
  readonly endpoints: Endpoints
  readonly queues: ReadonlyArray<QueueRef>
  /** Where rejected messages are sent. */
  readonly deadLetterQueue: QueueRef | undefined
  /** Looks at the directory where dead letters are kept. */
  readonly deadLetterPath: CheckedOutput["probe"] | undefined
  readonly roles: ReadonlyArray<identities.CheckedRole>
  /** Buckets that are looked at whether or not a message names them. */
  readonly buckets: ReadonlyArray<string>
  readonly acceptsKey: (key: string) => boolean
  readonly output: CheckedOutput
}

/** The checks. To add one: a file with what it looks at, and its place in this list. */
export const plan = Effect.fnUntraced(function* (options: PlanOptions) {
  const { acceptsKey, endpoints } = options
  const deadLetterQueues = options.deadLetterQueue === undefined ? [] : [options.deadLetterQueue]
  const regions = regionsOf(options.queues)
  const sts = yield* endpoints.sts
  const sqs = yield* inEach(regionsOf([...options.queues, ...deadLetterQueues]), endpoints.sqs)
  const s3 = yield* inEach(regions, endpoints.s3)
  const caller = yield* Caller.make(yield* Sts)
  const checked = yield* queues.checked(options.queues)
  const forQueues: queues.QueueOptions = {
    caller,
    visibilityTimeout: options.visibilityTimeout,
    deadLetters: options.deadLetters,
    needs: ({ region }) => reached(sqs, region)
  }

  const bucketCheck = yield* buckets.bucketChecks({
    caller,
    acceptsKey,
    queueRegions: regions,
    queues: checked.map(({ inspected }) => inspected),
    needs: (region) => reached(s3, region)
  })
  const ofQueues = yield* Effect.forEach(checked, (queue) =>
    Effect.all([
      queues.queueCheck(queue, forQueues),
      messageCheck(queue, {
        caller,
        onObjects: (objects) =>
          objects
            .filter(({ key }) => acceptsKey(key))
            .map((object) => bucketCheck({ name: object.bucket, region: object.region }, object))
      })
    ])
  )

  const checks: ReadonlyArray<Check> = [
    ...(yield* reachable.reachable([sts, ...sqs.values(), ...s3.values()])),
    yield* identities.identity([reachable.nameOf(sts)]),
    ...(yield* identities.roles(options.roles, caller, options)),
    ...ofQueues.flat(),
    ...(yield* Effect.forEach(yield* queues.checked(deadLetterQueues), (queue) => deadLetterCheck(queue, forQueues))),
    ...(options.deadLetterPath === undefined ? [] : [targetsCheck("dead letters in files", options.deadLetterPath)]),
    ...options.buckets.map((name) => bucketCheck({ name, region: regions[0] ?? "us-east-1" })),
    ...outputChecks(options.output)
  ]
  return checks
})

/** Where a service is in each of the regions. */
const inEach = (regions: ReadonlyArray<string>, endpointIn: (region: string) => Effect.Effect<URL>) =>
  Effect.map(
    Effect.forEach(regions, (region) => Effect.map(endpointIn(region), (url) => [region, url] as const)),
    (urls) => new Map(urls)
  )

/** The check of the way to a region, where there is one. */
const reached = (urls: ReadonlyMap<string, URL>, region: string): ReadonlyArray<string> => {
  const url = urls.get(region)
  return url === undefined ? [] : [reachable.nameOf(url)]
}

const regionsOf = (queues: ReadonlyArray<QueueRef>) => [...new Set(queues.map(({ region }) => region))]
