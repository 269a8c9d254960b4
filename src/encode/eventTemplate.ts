/**
 * What all events of one object have in common, as bytes: made once per object, copied once per event.
 */
import type { ObjectRef } from "../domain/ObjectRef.ts"
import { objectIdPrefix } from "./eventId.ts"
import { bucketArn, objectUrl } from "./objectUrl.ts"

/**
 * What every event of this beat carries, whatever its object.
 *
 * **Shape** `fields` are the user's own: under `fields`, or at the root when `fieldsUnderRoot`; there s3beat's own keys win over
 * them, because an event without its identity is of no use.
 */
export interface EventProfile {
  readonly beatName: string
  readonly version: string
  readonly fullyQualifiedBeatName: string
  readonly deviceType?: string | undefined
  readonly fields?: { readonly [name: string]: unknown } | undefined
  readonly fieldsUnderRoot: boolean
  readonly tags: ReadonlyArray<string>
}

/**
 * The constant bytes of an event, in order; between them stand what the record itself gives:
 *
 * `head` timestamp `afterTimestamp` offset (12 digits) `afterId` offset `beforeMessage` message `tail`
 *
 * each message with its quotes, and `beforeTruncated` in the place of `beforeMessage` for a record that was cut at the limit.
 */
export interface EventTemplate {
  readonly head: Buffer
  readonly afterTimestamp: Buffer
  readonly afterId: Buffer
  readonly beforeMessage: Buffer
  readonly beforeTruncated: Buffer
  readonly tail: Buffer
}

/**
 * **Shape** The keys of Filebeat's aws-s3 input where it has them; `log.offset` is the record's position in the decompressed
 * object.
 */
export const makeEventTemplate = (profile: EventProfile, object: ObjectRef): EventTemplate => {
  const { beatName, deviceType, fields, fullyQualifiedBeatName, tags, version } = profile
  const own = {
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
    cloud: { provider: "aws", region: object.region },
    fullyqualifiedbeatname: fullyQualifiedBeatName,
    ...(deviceType === undefined ? undefined : { device_type: deviceType }),
    ...(tags.length === 0 ? undefined : { tags })
  }
  const reserved = new Set(["@timestamp", "@metadata", "log", "message", ...Object.keys(own)])
  const users =
    fields === undefined
      ? {}
      : profile.fieldsUnderRoot
        ? Object.fromEntries(Object.entries(fields).filter(([name]) => !reserved.has(name)))
        : { fields }
  const constant = json({ ...own, ...users })
  const metadata = `"@metadata":{"beat":${json(beatName)},"version":${json(version)},"_id":"${objectIdPrefix(object)}`
  const file = `"file":{"path":${json(objectUrl(object))}}`
  return {
    head: bytes(`{"@timestamp":"`),
    afterTimestamp: bytes(`",${metadata}`),
    afterId: bytes(`"},"log":{"offset":`),
    beforeMessage: bytes(`,${file}},"message":`),
    beforeTruncated: bytes(`,"flags":["truncated"],${file}},"message":`),
    tail: bytes(`,${constant.slice(1)}\n`)
  }
}

const json = (value: unknown): string => JSON.stringify(value).toWellFormed()

const bytes = (text: string): Buffer => Buffer.from(text)
