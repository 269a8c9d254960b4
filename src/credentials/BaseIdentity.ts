/**
 * Who s3beat is before it takes on any role.
 */
import { Context } from "effect"
import type { Identity } from "./Credentials.ts"

/** The identity that polls queues, asks STS for sessions, and reads the buckets of its own account. */
export class BaseIdentity extends Context.Service<BaseIdentity, Identity>()("s3beat/credentials/BaseIdentity") {}

/** How the base identity is called in logs. */
export const NAME = "the base identity"
