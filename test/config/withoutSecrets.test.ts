import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { addStsKeys } from "../../src/config/addStsKeys.ts"
import { withoutSecrets } from "../../src/config/withoutSecrets.ts"
import { Result } from "effect"

const SECRET = "hush-hush"

/** Each text holds the secret, and is the same without it wherever it stands. */
const texts = [
  `s3beat:\n  secretAccessKey: ${SECRET} # not for all\n`,
  `s3beat.accessKeyID: "${SECRET}"\r\nname: x\r\n`,
  `s3beat: {beatIdentifier: prod, secretAccessKey: '${SECRET}', awsFlag: false}\n`,
  `# secretAccessKey: ${SECRET}\ns3beat:\n  'secretAccessKey ': >-\n    ${SECRET}\n    ${SECRET}\n  awsFlag: false\n`,
  `output.logstash:\n  ssl:\n    key: |\n      -----BEGIN ${SECRET}\n      ${SECRET}\n    key_passphrase: ${SECRET}\n  proxy_url: socks5://u:${SECRET}@p:1\n`,
  `s3beat:\n  assumeRoleArn:\n  - {arn: a, externalId: ${SECRET}}\n`,
  `output.elasticsearch: {password: ${SECRET}, api_key: [${SECRET}, {a: ${SECRET}}]}\n`
]

describe("withoutSecrets", () => {
  it.each(texts)("hides what may be secret, and nothing else: %j", (text) => {
    assert.include(text, SECRET)
    const shown = withoutSecrets(text)
    assert.notInclude(shown, SECRET)
    assert.include(shown, "(hidden)")
    const keys = text.match(/\w+(?= ?['"]?:)/gu) ?? []
    for (const key of keys.filter((key) => key !== "a" && key !== "u" && key !== "socks5")) assert.include(shown, key)
  })

  it("leaves a text without secrets as it is", () => {
    for (const text of [
      "",
      "a: b\n",
      "s3beat:\n  sqsQueues: [a:us-east-1] # b\n  secretAccessKey:\n  awsFlag: true\n"
    ]) {
      assert.strictEqual(withoutSecrets(text), text)
    }
  })

  it("hides them in a file that was migrated as in the one before", () => {
    const text = `s3beat:\n  beatIdentifier: prod\n  secretAccessKey: ${SECRET}\n`
    const migrated = Result.getOrThrow(addStsKeys(text)).text
    assert.notInclude(withoutSecrets(migrated), SECRET)
    assert.include(withoutSecrets(migrated), "assumeRoleFlag: false")
  })

  it("takes any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void withoutSecrets(text)))
  })
})
