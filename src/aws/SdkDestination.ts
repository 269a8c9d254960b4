/**
 * Where the SDK would send a request, by its own rules: virtual hosts and paths, FIPS and dual stack, access points, the hosts of
 * queues' URLs, endpoints from the environment.
 */
import type { S3Client } from "@aws-sdk/client-s3"
import { Predicate } from "effect"
import type { SigningScope } from "./signatureV4.ts"

/** The SDK's word for an address; `path` is what each request's path begins with. */
export type Endpoint = Awaited<ReturnType<NonNullable<S3Client["config"]["endpoint"]>>>

/**
 * What is the same for every request to a bucket or a queue.
 *
 * **Shape** `origin` as in `https://host:port`. `headers` are those that the SDK sends with each: `host` and `user-agent`. `scope` is
 * told by the endpoints of some services alone.
 */
export interface SdkDestination {
  readonly origin: string
  readonly endpoint: Endpoint
  readonly headers: Readonly<Record<string, string>>
  readonly scope: SigningScope | undefined
}

/** What keeps a request from being sent. **Shape** To be added to a command's middleware with `SENT_NOWHERE`. */
export type Stop = (
  next: unknown,
  context: { readonly endpointV2?: EndpointV2 }
) => (args: { readonly request?: unknown }) => Promise<{ response: undefined; output: { $metadata: {} } }>

/** After the last that adds a header, before the first that looks for keys. */
export const SENT_NOWHERE = { step: "build", priority: "low", name: "sentNowhere" } as const

/**
 * Asks the SDK, by a request that goes through all middleware up to the signature, and there it ends.
 *
 * **Errors** Rejects with what the SDK says of a destination that it has no endpoint for, or where AWS wants another signature than
 * Version 4.
 */
export const resolve = async (send: (stop: Stop) => Promise<unknown>): Promise<SdkDestination> => {
  let resolved: SdkDestination | undefined
  await send((_, context) => async ({ request }) => {
    const { endpointV2 } = context
    if (endpointV2 !== undefined && hasHeaders(request)) {
      const { hostname, origin, pathname: path, port, protocol } = endpointV2.url
      resolved = {
        origin,
        endpoint: { protocol, hostname, path, ...(port === "" ? undefined : { port: Number(port) }) },
        headers: shared(request.headers),
        scope: scopeOf(endpointV2)
      }
    }
    return { response: undefined, output: { $metadata: {} } }
  })
  if (resolved === undefined) throw new Error("the SDK has no endpoint for it")
  return resolved
}

const hasHeaders = (request: unknown): request is { readonly headers: Record<string, string> } =>
  Predicate.hasProperty(request, "headers")

/** Not the checksum of no body, which the SDK sends where it is not asked to check the answer's. */
const shared = ({ host = "", "user-agent": userAgent = "" }: Readonly<Record<string, string>>) => ({
  host,
  "user-agent": userAgent
})

interface EndpointV2 {
  readonly url: URL
  readonly properties?: {
    readonly authSchemes?: ReadonlyArray<{
      readonly name: string
      readonly signingName?: string
      readonly signingRegion?: string
    }>
  }
}

const scopeOf = ({ properties }: EndpointV2): SigningScope | undefined => {
  const schemes = properties?.authSchemes
  if (schemes === undefined) return undefined
  const { signingName: service, signingRegion: region } = schemes.find(({ name }) => name === "sigv4") ?? {}
  if (service === undefined || region === undefined) {
    throw new Error(`requests to it are signed by ${schemes.map(({ name }) => name).join(", ")}, not by sigv4`)
  }
  return { region, service }
}
