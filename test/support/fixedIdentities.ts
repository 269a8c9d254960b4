/**
 * Credentials made of fixed identities, which a test can watch.
 */
import { Effect, Layer, Redacted } from "effect"
import type { AwsKeys } from "../../src/credentials/AwsKeys.ts"
import { Credentials, type Identity } from "../../src/credentials/Credentials.ts"

/** An identity whose keys are `<accessKeyId>-0`, then `-1` after the first refresh, and so on. */
export const identity = (name: string, accessKeyId: string, accountId?: string): Identity => {
  let generation = 0
  const keys = (): AwsKeys => ({
    accessKeyId: Redacted.make(`${accessKeyId}-${generation}`),
    secretAccessKey: Redacted.make("secret")
  })
  return {
    name,
    ...(accountId === undefined ? undefined : { accountId }),
    keys: Effect.sync(keys),
    refresh: (failed) =>
      Effect.sync(() => {
        if (Redacted.value(failed.accessKeyId) === `${accessKeyId}-${generation}`) generation += 1
      })
  }
}

/** The identities in this order for every bucket, until one is remembered. */
export const layer = (identities: ReadonlyArray<Identity>): Layer.Layer<Credentials> =>
  Layer.sync(Credentials, () => {
    const remembered = new Map<string, Identity>()
    const [first] = identities
    if (first === undefined) throw new Error("at least one identity is needed")
    return Credentials.of({
      forQueue: () => first,
      forBucket: (bucket) => {
        const known = remembered.get(bucket)
        return known === undefined ? identities : [known, ...identities.filter((other) => other !== known)]
      },
      remember: (bucket, identity) => Effect.sync(() => void remembered.set(bucket, identity))
    })
  })
