import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { find, locate } from "../../src/config/ConfigNode.ts"
import { readYaml } from "../../src/config/readYaml.ts"
import { configKeys } from "../../src/config/S3beatConfig.ts"
import { configOf, warningsOf } from "./configText.ts"

const example = readFileSync(new URL("../../s3beat.yml.example", import.meta.url), "utf8")

/** The example with every key switched on that stands behind a #. */
const switchedOn = example.replace(/^(\s*)#(?=[A-Za-z])/gm, "$1")

const { problems, root } = readYaml(switchedOn, {})
if (root === undefined) throw new Error(`The example is no config: ${JSON.stringify(problems)}`)

const keys = configKeys.filter(({ unused }) => unused === undefined)

/** Only one output is enabled, so the example has to switch the others off. */
const switchedOff = new Set(["output.logstash.enabled", "output.console.enabled"])

/** Other spellings of a key, which are told beside it. */
const aliases = new Set(["max_lines", "workers"])

describe("s3beat.yml.example", () => {
  it("decodes as it stands, without a warning", () => {
    assert.strictEqual(configOf(example).fullyQualifiedBeatName, "s3beat_prod")
    assert.deepStrictEqual(warningsOf(example, {}, 0o600), [])
  })

  it("shows the defaults: switching on every key behind a # changes nothing", () => {
    assert.deepStrictEqual(configOf(switchedOn), configOf(example))
    for (const { default: fileDefault, path } of keys) {
      if (fileDefault === undefined || path.includes("[]") || switchedOff.has(path)) continue
      const node = find(root, path.split("."))
      const shown = node?._tag === "Scalar" ? String(node.value) : node?._tag === "Sequence" ? "[]" : undefined
      assert.strictEqual(shown, fileDefault, path)
    }
  })

  it("documents every key", () => {
    for (const { path } of keys) {
      const steps = path.split(".")
      const name = steps.at(-1) ?? path
      if (path.includes("[]") || aliases.has(name)) assert.match(example, new RegExp(`# .*\\b${name}\\b`), path)
      else assert.strictEqual(locate(root, steps).depth, steps.length, path)
    }
  })

  it("says the bounds of every key that has some", () => {
    const lines = example.split("\n")
    for (const { bounds, path } of keys) {
      const name = path.split(".").at(-1) ?? path
      if (bounds === undefined || aliases.has(name)) continue
      const at = lines.findIndex((line) => line.trimStart().startsWith(`#${name}: `))
      const first = lines.findLastIndex((line, i) => i < at && !line.trimStart().startsWith("# "))
      const text = lines
        .slice(first + 1, at)
        .join(" ")
        .replaceAll(/\s+#?\s*/g, " ")
      assert.include(text, bounds, path)
    }
  })
})

describe("configKeys", () => {
  it("describes every key in a sentence", () => {
    for (const { description, path } of configKeys) assert.match(description, /^\S.*\.$/, path)
  })

  it("lists the keys of a list's items, and takes no part of a value for a key", () => {
    const paths = configKeys.map(({ path }) => path)
    assert.include(paths, "s3beat.assumeRoleArn[].externalId")
    assert.isEmpty(paths.filter((path) => path.startsWith("s3beat.sqsQueues[]")))
  })

  it("has defaults within the bounds that it states, since the defaults go through the same Schema", () => {
    assert.isAbove(keys.filter((key) => key.default !== undefined && key.bounds !== undefined).length, 12)
    assert.strictEqual(configKeys.find(({ path }) => path === "s3beat.stsCredsExpirationTime")?.bounds, "15m to 12h")
  })
})
