import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Credentials } from "../../src/credentials/Credentials.ts"
import * as Memory from "../../src/testing/CredentialsMemory.ts"
import * as contract from "../contract/credentialsContract.ts"

const layer = Memory.layer([
  { name: contract.roleA, accountId: "111111111111", accessKeyId: "A" },
  { name: contract.roleB, accountId: "333333333333", accessKeyId: "B" }
])

contract.suite("in memory", "test", layer)

describe("CredentialsMemory", () => {
  it.effect("it counts what was asked of it", () =>
    Effect.gen(function* () {
      const credentials = yield* Credentials
      const memory = yield* Memory.CredentialsMemory
      const [a] = credentials.forBucket("logs")
      assert.isDefined(a)
      const old = yield* a.keys
      yield* a.refresh(old)
      yield* a.refresh(old)
      yield* credentials.remember("logs", a)
      assert.strictEqual(yield* memory.refreshes(contract.roleA), 2)
      assert.strictEqual(yield* memory.replacements(contract.roleA), 1)
      assert.strictEqual(yield* memory.refreshes(contract.roleB), 0)
      assert.deepStrictEqual(yield* memory.remembered, [{ bucket: "logs", identity: contract.roleA }])
    }).pipe(Effect.provide(layer))
  )
})
