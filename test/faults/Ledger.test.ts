/**
 * That the judge is just: it finds each kind of wrong that an output may hold, and nothing else.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "./Ledger.ts"

const object = {
  bucket: "logs",
  key: "a",
  eTag: "e",
  content: Buffer.from("größe\nsame\nsame\n"),
  records: ["größe", "same", "same"]
}

const event = (offset: number, message: string, id = `id-${offset}`, eTag = "e") =>
  JSON.stringify({
    "@metadata": { _id: id },
    message,
    log: { offset },
    aws: { s3: { bucket: { name: "logs" }, object: { key: "a", eTag } } }
  })

const whole = [event(0, "größe"), event(8, "same"), event(13, "same")]

const judged = (...events: ReadonlyArray<string>) => {
  const ledger = Ledger.make()
  ledger.uploaded(object)
  for (const text of events) ledger.arrived(text)
  const { altered, duplicated, lost, unidentified } = ledger.verdict()
  return { lost, duplicated, unidentified, altered }
}

const nothing = { lost: 0, duplicated: 0, unidentified: 0, altered: 0 }

describe("Ledger", () => {
  it("finds nothing wrong where everything arrived once", () => {
    assert.deepStrictEqual(judged(...whole), nothing)
  })

  it("passes over the heartbeats of the beat", () => {
    assert.deepStrictEqual(judged(...whole, JSON.stringify({ heartbeat: "{}" })), nothing)
  })

  it("finds what did not arrive, though another record has the same text", () => {
    assert.deepStrictEqual(judged(...whole.slice(0, 2)), { ...nothing, lost: 1 })
  })

  it("counts what arrived again with the same id, and tells what did with another", () => {
    assert.deepStrictEqual(judged(...whole, event(8, "same")), { ...nothing, duplicated: 1 })
    assert.deepStrictEqual(judged(...whole, event(8, "same", "other")), { ...nothing, duplicated: 1, unidentified: 1 })
  })

  it("finds two events with one id", () => {
    assert.deepStrictEqual(judged(event(0, "größe"), event(8, "same", "id-0"), event(13, "same")), {
      ...nothing,
      unidentified: 1
    })
  })

  it("finds offsets that are off by one, and texts that are not what was uploaded", () => {
    assert.deepStrictEqual(judged(event(1, "größe"), ...whole.slice(1)), { ...nothing, lost: 1, altered: 1 })
    assert.deepStrictEqual(judged(event(0, "größ"), ...whole.slice(1)), { ...nothing, lost: 1, altered: 1 })
  })

  it("does not miss what was overwritten, and takes it if it arrives", () => {
    const ledger = Ledger.make()
    ledger.uploaded(object)
    ledger.uploaded({ ...object, eTag: "f", content: Buffer.from("new\n"), records: ["new"] })
    ledger.arrived(event(0, "größe"))
    assert.strictEqual(ledger.verdict().lost, 1)
    ledger.arrived(event(0, "new", "id-f", "f"))
    assert.deepInclude(ledger.verdict(), { lost: 0, altered: 0, unidentified: 0 })
  })

  it("takes an object that is uploaded again, as it was, for the same one", () => {
    const ledger = Ledger.make()
    ledger.uploaded(object)
    whole.forEach((text) => ledger.arrived(text))
    ledger.uploaded(object)
    whole.forEach((text) => ledger.arrived(text))
    assert.deepInclude(ledger.verdict(), { ...nothing, duplicated: 3 })
  })

  it("waits for the object of an event that came before it was in the books, and finds one that never is", () => {
    const ledger = Ledger.make()
    whole.forEach((text) => ledger.arrived(text))
    ledger.uploaded(object)
    assert.deepInclude(ledger.verdict(), nothing)
    ledger.arrived(event(0, "größe", "id-x", "x"))
    assert.strictEqual(ledger.verdict().altered, 1)
  })

  it("finds what was taken and not acknowledged lost, unless it comes again", () => {
    const ledger = Ledger.make()
    ledger.uploaded(object)
    whole.forEach((text) => ledger.arrived(text, false))
    assert.deepInclude(ledger.verdict(), { ...nothing, lost: 3 })
    whole.forEach((text) => ledger.arrived(text))
    assert.deepInclude(ledger.verdict(), { ...nothing, duplicated: 3 })
  })

  it("finds a line that is no event", () => {
    for (const line of ["", "{", "null", "{}", whole[0]?.slice(0, -1) ?? ""]) {
      assert.deepStrictEqual(judged(...whole, line), { ...nothing, altered: 1 })
    }
  })
})
