/**
 * The port to the network below AWS's protocols: does anyone answer there?
 */
import type { Duration, Effect } from "effect"
import { Context, Schema } from "effect"

/** Who answered. **Shape** `tls` is the protocol that was agreed on, as in `TLSv1.3`; absent for plain HTTP. */
export interface Reached {
  readonly address: string
  readonly tls?: string
  readonly took: Duration.Duration
}

/**
 * Nobody can be talked to there.
 *
 * **Errors** By how far it came. `name`: nobody knows the host. `connection`: no connection is made. `tls`: someone answers, and cannot
 * show that it is who was meant.
 */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  step: Schema.Literals(["name", "connection", "tls"]),
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** The network, as the checks need it. */
export class Network extends Context.Service<
  Network,
  {
    /** Looks the host up, connects and, for `https`, agrees on TLS; then hangs up. Bounded in time. */
    readonly reach: (url: URL) => Effect.Effect<Reached, Unreachable>
  }
>()("s3beat/check/Network") {}
