import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { allows, matches } from "../../src/demo/policy.ts"

/** Few letters, so that parts of a pattern occur in a name, and more than once. */
const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 6 })

const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 6 })

/** What a pattern means, said in another way. */
const asRegExp = (pattern: string) => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`, "su")

describe("policy", () => {
  it("a star stands for any characters, and everything else for itself", () => {
    fc.assert(
      fc.property(pattern, text, (pattern, name) => matches(pattern, name) === asRegExp(pattern).test(name)),
      { numRuns: 5000 }
    )
  })

  it("a pattern means every name that is made from it by filling its stars", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 8, maxLength: 8 }), (pattern, fillings) => {
        const name = pattern.split("*").reduce((made, part, i) => `${made}${fillings[i - 1] ?? ""}${part}`)
        assert.isTrue(matches(pattern, name))
      })
    )
  })

  it("what no statement allows is denied: action and resource must be in one statement", () => {
    const policy = [
      { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::logs/*"] },
      { actions: ["sqs:*"], resources: ["arn:aws:sqs:*:222222222222:events"] }
    ]
    assert.isTrue(allows(policy, "s3:GetObject", "arn:aws:s3:::logs/a/b"))
    assert.isTrue(allows(policy, "sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:222222222222:events"))
    assert.isFalse(allows(policy, "s3:GetObject", "arn:aws:s3:::logs"))
    assert.isFalse(allows(policy, "s3:PutObject", "arn:aws:s3:::logs/a"))
    assert.isFalse(allows(policy, "sqs:ReceiveMessage", "arn:aws:s3:::logs/a"))
    assert.isFalse(matches("a*b*b", "ab"))
    assert.isFalse(allows([], "s3:GetObject", "arn:aws:s3:::logs/a"))
  })
})
