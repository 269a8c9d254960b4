import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { Predicate } from "effect"
import { version } from "../src/version.ts"
import { withKeyTable } from "./support/keyTable.ts"

const read = (path: string) => readFileSync(path, "utf8")

describe("the README", () => {
  it("has the table of keys that the Schema gives: node test/support/keyTable.ts writes it", () => {
    assert.strictEqual(read("README.md"), withKeyTable(read("README.md")))
  })

  it("names no script that package.json does not have", () => {
    const manifest: unknown = JSON.parse(read("package.json"))
    assert.isTrue(Predicate.hasProperty(manifest, "scripts") && Predicate.isObject(manifest.scripts))
    const scripts =
      Predicate.hasProperty(manifest, "scripts") && Predicate.isObject(manifest.scripts) ? manifest.scripts : {}
    const named = [...read("README.md").matchAll(/npm run ([\w:]+)/gu)].map(([, name = ""]) => name)
    assert.isAbove(named.length, 0)
    assert.deepStrictEqual(
      named.filter((name) => !(name in scripts)),
      []
    )
  })
})

describe("the version", () => {
  it("is the same in the program and in package.json", () => {
    const manifest: unknown = JSON.parse(read("package.json"))
    assert.isTrue(Predicate.hasProperty(manifest, "version") && manifest.version === version)
  })
})
