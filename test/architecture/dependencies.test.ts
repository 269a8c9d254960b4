/**
 * What `npm ci` brings onto a machine: nothing but what the lock file vouches for, and nothing that runs by itself.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { Schema } from "effect"

const Lock = Schema.fromJsonString(
  Schema.Struct({
    packages: Schema.Record(
      Schema.String,
      Schema.Struct({
        resolved: Schema.optionalKey(Schema.String),
        integrity: Schema.optionalKey(Schema.String),
        dev: Schema.optionalKey(Schema.Boolean),
        hasInstallScript: Schema.optionalKey(Schema.Boolean)
      })
    )
  })
)

const { "": _ours, ...packages } = Schema.decodeUnknownSync(Lock)(readFileSync("package-lock.json", "utf8")).packages

const all = Object.entries(packages)

const namesOf = (entries: ReadonlyArray<readonly [string, unknown]>) => entries.map(([name]) => name)

describe("the lock file", () => {
  it("knows the packages, and tells those of the daemon from those of its development", () => {
    assert.isAbove(all.length, 50)
    assert.isAbove(all.filter(([, { dev }]) => dev !== true).length, 5)
  })

  it("has the integrity of every package, by SHA-512", () => {
    assert.deepStrictEqual(namesOf(all.filter(([, { integrity }]) => integrity?.startsWith("sha512-") !== true)), [])
  })

  it("names no other source than a registry: no archive, repository or directory", () => {
    assert.deepStrictEqual(
      namesOf(
        all.filter(([, { resolved }]) => resolved !== undefined && !/^https:\/\/[^/]*\bnpmjs\.org\//u.test(resolved))
      ),
      []
    )
  })

  it("has no package for the daemon that runs a script when it is installed", () => {
    assert.deepStrictEqual(
      namesOf(all.filter(([, { dev, hasInstallScript }]) => hasInstallScript === true && dev !== true)),
      []
    )
  })
})
