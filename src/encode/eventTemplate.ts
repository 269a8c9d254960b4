/**
 * What all events of one object have in common: made once per object, written once per event.
 */
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { objectIdPrefix } from "./eventId.ts"
import { bucketArn, objectUrl } from "./objectUrl.ts"

/**
 * Where the record and its place in the object stand.
 *
 * **Shape** `ecs`: the record is `message`, its place is under `log` (`log.offset`, `log.file.path`, `log.flags`), as Filebeat has
 * them. `logrhythm`: the record is `log`, a text, where LogRhythm's pipelines look for it; its place is under `record`, by the same
 * names, and there is no `message`.
 */
export type EventLayout = "ecs" | "logrhythm"

/**
 * What every event of this beat carries, whatever its object.
 *
 * **Shape** `layout` is `ecs` unless given. `fields` are the user's own: under `fields`, or at the root when `fieldsUnderRoot`; there
 * s3beat's own keys win over them, because an event without its identity is of no use.
 */
export interface EventProfile {
  readonly layout?: EventLayout
  readonly beatName: string
  readonly version: string
  readonly fullyQualifiedBeatName: string
  readonly deviceType?: string | undefined
  readonly fields?: { readonly [name: string]: unknown } | undefined
  readonly fieldsUnderRoot: boolean
  readonly tags: ReadonlyArray<string>
}

/**
 * The constant parts of an event, in order; between them stand what the record itself gives:
 *
 * `head` timestamp `afterTimestamp` offset (12 digits) `afterId` offset `beforeMessage` message `tail`
 *
 * each message with its quotes, and `flags` before `beforeMessage` for a record that was cut at the limit. The layouts differ in these
 * parts alone, so that the encoder need not know them.
 *
 * **Shape** Well-formed texts. An object of one event is over before bytes of them would pay.
 */
export interface EventTemplate {
  readonly head: string
  readonly afterTimestamp: string
  readonly afterId: string
  readonly flags: string
  readonly beforeMessage: string
  readonly tail: string
}

const layouts: { readonly [Layout in EventLayout]: { readonly place: string; readonly text: string } } = {
  ecs: { place: "log", text: "message" },
  logrhythm: { place: "record", text: "log" }
}

/**
 * No field of the user's may stand at the root under these names, in any layout: a pipeline takes an event with a `log`, a `message` or
 * a `heartbeat` for what it is not.
 */
const RESERVED = ["@timestamp", "@metadata", "log", "message", "heartbeat", "aws", "cloud"]

/**
 * What Beats say of themselves with every event, for Logstash to route by: `%{[@metadata][beat]}`, `%{[@metadata][type]}`.
 *
 * **Source** https://github.com/elastic/beats, libbeat/outputs/codec/json: the type is always `_doc`.
 */
export const metadataOf = ({ beatName, version }: Pick<EventProfile, "beatName" | "version">) => ({
  beat: beatName,
  type: "_doc",
  version
})

/**
 * Makes the templates of one beat, each for the events of an object.
 *
 * **Shape** The keys of Filebeat's aws-s3 input where it has them; the offset is the record's position in the decompressed
 * object.
 */
export const makeEventTemplates = (profile: EventProfile): ((object: ObjectRef) => EventTemplate) => {
  const { place, text } = layouts[profile.layout ?? "ecs"]
  const head = `{"@timestamp":"`
  const metadata = `",${inside({ "@metadata": metadataOf(profile) }).slice(0, -1)},"_id":"`
  const afterId = `"},"${place}":{"offset":`
  const flags = `,"flags":["truncated"]`
  const ofBeat = `${inside(fieldsOf(profile))}}\n`
  return (object) => ({
    head,
    afterTimestamp: metadata + objectIdPrefix(object),
    afterId,
    flags,
    beforeMessage: `,"file":{"path":${json(objectUrl(object))}}},"${text}":`,
    tail: `,${inside(originOf(object))},${ofBeat}`
  })
}

const originOf = (object: ObjectRef) => ({
  aws: {
    s3: {
      bucket: { name: object.bucket, arn: bucketArn(object) },
      object: {
        key: object.key,
        ...(object.versionId === undefined ? undefined : { versionId: object.versionId }),
        ...(object.eTag === undefined ? undefined : { eTag: object.eTag })
      }
    }
  },
  cloud: { provider: "aws", region: object.region }
})

/** What the events of all objects say. */
const fieldsOf = ({
  deviceType,
  fields,
  fieldsUnderRoot,
  fullyQualifiedBeatName,
  layout = "ecs",
  tags
}: EventProfile) => {
  const own = {
    fullyqualifiedbeatname: fullyQualifiedBeatName,
    ...(deviceType === undefined ? undefined : { device_type: deviceType }),
    ...(tags.length === 0 ? undefined : { tags })
  }
  if (fields === undefined) return own
  if (!fieldsUnderRoot) return { ...own, fields }
  const reserved = new Set([...RESERVED, layouts[layout].place, ...Object.keys(own)])
  return { ...own, ...Object.fromEntries(Object.entries(fields).filter(([name]) => !reserved.has(rootOf(name)))) }
}

/** `log.level` is a field of `log` to whoever reads dots as Beats do. */
const rootOf = (name: string): string => name.split(".", 1)[0] ?? name

/** The members of an object, without its braces. */
const inside = (value: object): string => json(value).slice(1, -1)

const json = (value: unknown): string => JSON.stringify(value).toWellFormed()
