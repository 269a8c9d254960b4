/**
 * The judge of every law: what was uploaded, record by record, against the events that arrived.
 *
 * It knows nothing of how s3beat reads, cuts or names records. An event is told by its object and its offset there, which
 * the ledger counts by itself; its text must be the record's, and its `_id` must be its own and always the same.
 */
import { createHash } from "node:crypto"
import { Predicate } from "effect"

/** An object that was uploaded. **Shape** `content` is what it holds once decompressed, in which `records` stand in order. */
export interface UploadedObject {
  readonly bucket: string
  readonly key: string
  readonly eTag: string
  readonly content: Uint8Array
  readonly records: ReadonlyArray<string>
}

/**
 * What came of it, in events.
 *
 * **Shape** `lost`: never arrived, or never acknowledged. `duplicated`: arrived again. `unidentified`: arrived with another id than before, or with that of
 * another event. `altered`: arrived, and is not what was uploaded. `examples` tell of the first of each that is amiss.
 */
export interface Verdict {
  readonly objects: number
  readonly events: number
  readonly arrived: number
  readonly lost: number
  readonly duplicated: number
  readonly unidentified: number
  readonly altered: number
  readonly examples: ReadonlyArray<string>
}

/** The books. */
export interface Ledger {
  /** An object of the same name that was there before is gone: its events may arrive, or not. */
  readonly uploaded: (object: UploadedObject) => void
  /**
   * An event that the output has, as JSON: one that it has not acknowledged counts as arrived, and as lost unless it comes again. An event may
   * come before its object is in the books. A heartbeat is none of any object, and is passed over.
   */
  readonly arrived: (event: string, isAcked?: boolean) => void
  /** The events of this object that have not arrived, or were not acknowledged. */
  readonly missing: (bucket: string, key: string) => ReadonlyArray<string>
  /** How often the event of the object that arrived most often did. */
  readonly mostArrivals: (bucket: string, key: string) => number
  readonly verdict: () => Verdict
}

interface Entry {
  /** A digest of the record, so that the books stay small. */
  readonly digest: string
  id: string | undefined
  arrivals: number
  isAcked: boolean
}

interface Page {
  readonly name: string
  /** By offset. */
  readonly entries: Map<number, Entry>
  isWanted: boolean
}

interface ArrivedEvent {
  readonly "@metadata": { readonly _id: string }
  readonly message: string
  readonly log: { readonly offset: number }
  readonly aws: {
    readonly s3: {
      readonly bucket: { readonly name: string }
      readonly object: { readonly key: string; readonly eTag: string }
    }
  }
}

/** So many examples are told of what is amiss. */
const EXAMPLES = 10

/** Empty books. */
export const make = (): Ledger => {
  const pages = new Map<string, Page>()
  const latest = new Map<string, Page>()
  const owners = new Map<string, Entry>()
  const examples: Array<string> = []
  /** Events of objects that are not in the books yet. */
  const early = new Map<string, Array<readonly [text: string, isAcked: boolean]>>()
  const counts = { arrived: 0, duplicated: 0, unidentified: 0, altered: 0 }

  const amiss = (kind: "altered" | "unidentified", example: string) => {
    counts[kind]++
    if (examples.length < EXAMPLES) examples.push(`${kind}: ${example}`)
  }

  const uploaded = ({ bucket, content, eTag, key, records }: UploadedObject) => {
    const name = JSON.stringify([bucket, key])
    const before = latest.get(name)
    const title = JSON.stringify([bucket, key, eTag])
    const same = pages.get(title)
    if (before !== undefined) before.isWanted = false
    if (same !== undefined) {
      // Its events have the ids that they had.
      same.isWanted = true
      latest.set(name, same)
      return
    }
    const page: Page = { name: `${bucket}/${key}`, entries: new Map(), isWanted: true }
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    let from = 0
    for (const record of records) {
      const offset = bytes.indexOf(record, from)
      if (offset < 0) throw new Error(`A record of ${page.name} does not stand in it.`)
      page.entries.set(offset, { digest: digestOf(record), id: undefined, arrivals: 0, isAcked: false })
      from = offset + Buffer.byteLength(record)
    }
    latest.set(name, page)
    pages.set(title, page)
    const waiting = early.get(title) ?? []
    early.delete(title)
    for (const [text, isAcked] of waiting) arrived(text, isAcked)
  }

  const arrived = (text: string, isAcked = true) => {
    const event = parsed(text)
    if (event === undefined) return amiss("altered", `${JSON.stringify(text.slice(0, 100))} is no event`)
    if ("heartbeat" in event) return
    const { bucket, object } = event.aws.s3
    const title = JSON.stringify([bucket.name, object.key, object.eTag])
    const page = pages.get(title)
    if (page === undefined) {
      const waiting = early.get(title) ?? []
      waiting.push([text, isAcked])
      early.set(title, waiting)
      return
    }
    counts.arrived++
    const id = event["@metadata"]._id
    const where = `${bucket.name}/${object.key} at ${event.log.offset}`
    const entry = page.entries.get(event.log.offset)
    if (entry === undefined) return amiss("altered", `${where} begins no record`)
    if (entry.digest !== digestOf(event.message))
      return amiss("altered", `${where} is not the record that stands there`)
    entry.arrivals++
    entry.isAcked ||= isAcked
    if (entry.arrivals > 1) counts.duplicated++
    if (entry.id !== undefined && entry.id !== id)
      return amiss("unidentified", `${where} came as ${entry.id} and as ${id}`)
    const owner = owners.get(id)
    if (owner !== undefined && owner !== entry)
      return amiss("unidentified", `${where} has the id of another event, ${id}`)
    owners.set(id, entry)
    entry.id = id
  }

  const missingOf = (page: Page) =>
    [...page.entries].flatMap(([offset, { isAcked }]) => (!isAcked ? `${page.name} at ${offset}` : []))

  const pageOf = (bucket: string, key: string) => latest.get(JSON.stringify([bucket, key]))

  return {
    uploaded,
    arrived,
    missing: (bucket, key) => {
      const page = pageOf(bucket, key)
      return page === undefined ? [] : missingOf(page)
    },
    mostArrivals: (bucket, key) =>
      Math.max(0, ...[...(pageOf(bucket, key)?.entries.values() ?? [])].map(({ arrivals }) => arrivals)),
    verdict: () => {
      for (const [title, events] of early) {
        amiss("altered", `${events.length} events are of ${title}, which was never uploaded`)
      }
      early.clear()
      const wanted = [...pages.values()].filter(({ isWanted }) => isWanted)
      const lost = wanted.flatMap(missingOf)
      return {
        objects: wanted.length,
        events: wanted.reduce((sum, { entries }) => sum + entries.size, 0),
        lost: lost.length,
        ...counts,
        examples: [...lost.slice(0, EXAMPLES).map((example) => `lost: ${example}`), ...examples]
      }
    }
  }
}

/** The event; undefined where the text is none, as what is left of a line. */
const parsed = (text: string): ArrivedEvent | { readonly heartbeat: string } | undefined => {
  try {
    const event: ArrivedEvent = JSON.parse(text)
    return Predicate.hasProperty(event, "heartbeat") || Predicate.hasProperty(event, "aws") ? event : undefined
  } catch {
    return undefined
  }
}

const digestOf = (text: string): string => createHash("md5").update(text).digest("base64url").slice(0, 12)
