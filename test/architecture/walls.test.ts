/**
 * The walls of the house, as far as a lint rule cannot see them.
 */
import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"

interface SourceFile {
  readonly path: string
  readonly folder: string
  readonly text: string
  /** Paths of project files, and names of packages, as imported. */
  readonly imports: ReadonlyArray<string>
}

const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/gu

const sources: ReadonlyArray<SourceFile> = globSync("src/**/*.ts").map((path) => {
  const text = readFileSync(path, "utf8")
  const imports = [...text.matchAll(importPattern)].map(([, name = ""]) =>
    name.startsWith(".") ? normalize(join(dirname(path), name)) : name
  )
  return { path, folder: path.split("/")[1] ?? "", text, imports }
})

/** Who may import whom: `main → cli → {pipeline, aws, output, telemetry, config} → ports → domain`. */
const mayImport: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  notification: ["domain"],
  decode: ["domain"],
  encode: ["domain"],
  source: ["domain"],
  reader: ["domain"],
  credentials: ["domain"],
  files: [],
  keystore: ["files"],
  output: ["domain", "files"],
  re2: [],
  config: ["domain", "re2"],
  deadletter: ["domain", "decode", "source", "output", "files"],
  policy: ["domain", "credentials"],
  check: ["domain", "notification", "credentials", "source", "reader", "policy", "output"],
  telemetry: ["domain"],
  pipeline: ["domain", "notification", "decode", "encode", "source", "reader", "output", "deadletter", "telemetry"],
  aws: ["domain", "source", "reader", "credentials", "check"],
  workers: ["domain", "credentials", "deadletter", "output", "telemetry"],
  testing: ["domain", "source", "reader", "credentials", "output", "deadletter"],
  demo: ["domain", "demo", "policy"],
  cli: [
    "domain",
    "decode",
    "encode",
    "notification",
    "source",
    "reader",
    "credentials",
    "output",
    "deadletter",
    "config",
    "policy",
    "check",
    "files",
    "keystore",
    "telemetry",
    "pipeline",
    "aws",
    "workers",
    "demo"
  ]
}

/** Files beside the folders: these may be imported by all, `index.ts`, `main.ts` and `worker.ts` by none. */
const topFiles = new Set(["src/retry.ts", "src/version.ts", "src/startKernel.ts"])

/** Whether the file calls this operation of a source of messages. */
const called = (operation: string, file: SourceFile) =>
  new RegExp(`\\b(?:source|sqs)\\s*\\.${operation}\\(`, "u").test(file.text)

const broken = (isBroken: (file: SourceFile) => ReadonlyArray<string>) =>
  sources.flatMap((file) => isBroken(file).map((what) => `${file.path}: ${what}`))

describe("the walls", () => {
  it("there are sources to look at", () => {
    assert.isAbove(sources.length, 40)
  })

  it("imports point one way", () => {
    assert.deepStrictEqual(
      broken(({ folder, imports }) =>
        imports.filter((name) => {
          if (!name.startsWith("src/") || mayImport[folder] === undefined || topFiles.has(name)) return false
          const target = name.split("/")[1] ?? ""
          return target !== folder && !mayImport[folder].includes(target)
        })
      ),
      []
    )
  })

  it("every folder is known to this test", () => {
    const folders = new Set(sources.map((file) => file.folder).filter((name) => !name.endsWith(".ts")))
    assert.deepStrictEqual(
      [...folders].filter((folder) => mayImport[folder] === undefined),
      []
    )
  })

  it("the SDK and its HTTP stay in aws", () => {
    assert.deepStrictEqual(
      broken(({ folder, imports }) =>
        folder === "aws" || folder === "demo"
          ? []
          : imports.filter((name) => /^(?:@(?:aws-sdk|smithy)\/|undici$)/u.test(name))
      ),
      []
    )
  })

  it("only the lease deletes, releases or extends, and only the receive loop and a redrive receive", () => {
    assert.deepStrictEqual(
      sources
        .filter((file) => ["delete", "release", "extend"].some((operation) => called(operation, file)))
        .map((file) => file.path),
      ["src/source/LeaseBatching.ts"]
    )
    assert.deepStrictEqual(
      sources
        .filter((file) => called("receive", file))
        .map((file) => file.path)
        .toSorted(),
      ["src/deadletter/redriveQueue.ts", "src/pipeline/receive.ts"]
    )
  })

  it("only what concerns dead letters sends", () => {
    assert.deepStrictEqual(
      sources
        .filter((file) => called("send", file))
        .map((file) => file.path)
        .toSorted(),
      ["src/deadletter/DeadLetterQueue.ts", "src/deadletter/giveBack.ts"]
    )
  })

  it("messages are taken over the wire by the source, and by the peek, which gives back what it takes and deletes nothing", () => {
    const sending = (command: string) =>
      sources
        .filter(
          ({ text }) => text.includes(`new ${command}Command(`) || new RegExp(`\\bsqs\\.${command}\\b`, "u").test(text)
        )
        .map(({ path }) => path)
    assert.deepStrictEqual(sending("ReceiveMessage"), ["src/aws/QueueInspectorAws.ts", "src/aws/SqsSourceAws.ts"])
    assert.deepStrictEqual(sending("DeleteMessageBatch"), ["src/aws/SqsSourceAws.ts"])
    // Of such a kind as the queue takes none of.
    assert.deepStrictEqual(sending("SendMessage"), ["src/aws/QueueInspectorAws.ts", "src/aws/SqsSourceAws.ts"])
    // With a receipt handle of its own making, good for no message.
    assert.deepStrictEqual(sending("DeleteMessage"), ["src/aws/QueueInspectorAws.ts"])
    assert.include(
      sources.find(({ path }) => path === "src/aws/QueueInspectorAws.ts")?.text ?? "",
      "new DeleteMessageCommand(rehearsal)"
    )
  })

  it("effects are run in main.ts only", () => {
    assert.deepStrictEqual(
      broken(({ path, text }) => (path === "src/main.ts" ? [] : (text.match(/\bEffect\.run[A-Z]\w*/gu) ?? []))),
      []
    )
  })

  it("the environment is read in cli only", () => {
    assert.deepStrictEqual(
      broken(({ folder, text }) => (folder === "cli" ? [] : (text.match(/\bprocess\.env\b/gu) ?? []))),
      []
    )
  })

  it("the embedded AWS is no dependency of the daemon: only the demo command loads it, when it runs", () => {
    assert.deepStrictEqual(
      broken(({ path, text }) =>
        /^src\/(?:cli\/(?:demoTexts|runDemo|runDemoCollector)\.ts$|demo\/)/u.test(path)
          ? []
          : (text.match(/from "[^"]*\/demo\/[^"]*"/gu) ?? [])
      ),
      []
    )
    assert.deepStrictEqual(
      broken(({ text }) => text.match(/^import (?!type\b).*from "fauxqs"/gmu) ?? []),
      []
    )
  })

  it("no file is over 300 lines", () => {
    assert.deepStrictEqual(
      broken(({ text }) => {
        const lines = text.split("\n").length - 1
        return lines > 300 ? [`${lines} lines`] : []
      }),
      []
    )
  })
})
