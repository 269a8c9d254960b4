import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endpointOf, type Service } from "../../src/aws/endpoints.ts"

const services = ["s3", "sqs", "sts"] as const satisfies ReadonlyArray<Service>

/** Where the SDK finds each service in the region, with these variables set. */
const endpointsIn = (region: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.acquireUseRelease(
    Effect.sync(() => Object.assign(process.env, env)),
    () => Effect.forEach(services, (service) => Effect.map(endpointOf(service, region), ({ href }) => href)),
    () =>
      Effect.sync(() => {
        for (const name of Object.keys(env)) delete process.env[name]
      })
  )

describe("endpointOf", () => {
  it.effect("a region is in the domain of its partition", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* endpointsIn("eu-west-1"), [
        "https://s3.eu-west-1.amazonaws.com/",
        "https://sqs.eu-west-1.amazonaws.com/",
        "https://sts.eu-west-1.amazonaws.com/"
      ])
      assert.deepStrictEqual(yield* endpointsIn("cn-north-1"), [
        "https://s3.cn-north-1.amazonaws.com.cn/",
        "https://sqs.cn-north-1.amazonaws.com.cn/",
        "https://sts.cn-north-1.amazonaws.com.cn/"
      ])
    })
  )

  it.effect("what the environment says of endpoints holds, as it does for every request", () =>
    Effect.gen(function* () {
      const [s3, sqs] = yield* endpointsIn("us-east-1", {
        AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
        AWS_ENDPOINT_URL_SQS: "https://vpce-1.sqs.us-east-1.vpce.amazonaws.com"
      })
      assert.deepStrictEqual([s3, sqs], ["http://127.0.0.1:4566/", "https://vpce-1.sqs.us-east-1.vpce.amazonaws.com/"])
      assert.deepStrictEqual(yield* endpointsIn("us-east-1", { AWS_USE_FIPS_ENDPOINT: "true" }), [
        "https://s3-fips.us-east-1.amazonaws.com/",
        "https://sqs-fips.us-east-1.amazonaws.com/",
        "https://sts-fips.us-east-1.amazonaws.com/"
      ])
    })
  )
})
