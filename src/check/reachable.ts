/**
 * Is there a way to AWS?
 */
import { Duration, Effect } from "effect"
import type { Check } from "./Check.ts"
import { failed, ok } from "./Finding.ts"
import { Network, type Unreachable } from "./Network.ts"

/** The name of the check of this URL. */
export const nameOf = (url: URL): string => `reach ${url.origin}`

/** A check for each host, in order. */
export const reachable = Effect.fnUntraced(function* (urls: ReadonlyArray<URL>) {
  const network = yield* Network
  return urls.map((url): Check => {
    const run = network.reach(url).pipe(
      Effect.match({
        onFailure: ({ detail, step }) => failed(detail, adviceOn(step, url)),
        onSuccess: ({ address, tls = "without TLS", took }) =>
          ok(`${address} answers, ${tls}, ${Duration.format(took)}`)
      }),
      Effect.map((verdict) => ({ verdicts: [verdict] }))
    )
    return { name: nameOf(url), needs: [], run }
  })
})

const adviceOn = (step: Unreachable["step"], { host, hostname, port, protocol }: URL): string => {
  switch (step) {
    case "name":
      return `Let this machine's name server resolve ${hostname}, or name another endpoint under s3beat.endpoints.`
    case "connection":
      return `Open the way out to ${hostname}, TCP port ${port === "" ? (protocol === "http:" ? 80 : 443) : port}: firewall, security group, network ACL, route; or name a VPC endpoint under s3beat.endpoints.`
    case "tls":
      return `Something on the way to ${host} answers in its place, such as a proxy that opens TLS: let it pass, or trust its authority with NODE_EXTRA_CA_CERTS.`
  }
}
