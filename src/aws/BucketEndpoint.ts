/**
 * Where the objects of a bucket are, by the SDK's own rules: virtual hosts and paths, FIPS and dual stack, access points,
 * endpoints from the environment.
 */
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3"
import { Predicate } from "effect"
import type { SigningScope } from "./signatureV4.ts"

/** The SDK's word for an address; `path` is what each object's path begins with. */
export type Endpoint = Awaited<ReturnType<NonNullable<S3Client["config"]["endpoint"]>>>

type EndpointV2 = ReturnType<S3Client["config"]["endpointProvider"]>

/**
 * What is the same for every request to a bucket.
 *
 * **Shape** `headers` are those that the SDK sends with each: `host` and `user-agent`.
 */
export interface BucketEndpoint {
  readonly endpoint: Endpoint
  readonly headers: Readonly<Record<string, string>>
  readonly scope: SigningScope
}

/**
 * Asks the SDK, by a request of which nothing is sent: it goes through all middleware up to the signature, and there it ends.
 *
 * **Errors** Rejects with what the SDK says of a bucket that it has no endpoint for, or where S3 wants another signature than
 * Version 4.
 */
export const resolve = async (client: S3Client, bucket: string): Promise<BucketEndpoint> => {
  const command = new GetObjectCommand({ Bucket: bucket, Key: "any" })
  let resolved: BucketEndpoint | undefined
  command.middlewareStack.add(
    (_, context) =>
      async ({ request }) => {
        const { endpointV2 } = context
        if (endpointV2 !== undefined && hasHeaders(request)) {
          const { hostname, pathname: path, port, protocol } = endpointV2.url
          resolved = {
            endpoint: { protocol, hostname, path, ...(port === "" ? undefined : { port: Number(port) }) },
            headers: shared(request.headers),
            scope: scopeOf(endpointV2)
          }
        }
        return { response: undefined, output: { $metadata: {} } }
      },
    // After the last that adds a header, before the first that looks for keys.
    { step: "build", priority: "low", name: "sentNowhere" }
  )
  await client.send(command)
  if (resolved === undefined) throw new Error(`the SDK has no endpoint for the bucket ${bucket}`)
  return resolved
}

const hasHeaders = (request: unknown): request is { readonly headers: Record<string, string> } =>
  Predicate.hasProperty(request, "headers")

/** Not the checksum of no body, which the SDK sends where it is not asked to check the answer's. */
const shared = ({ host = "", "user-agent": userAgent = "" }: Readonly<Record<string, string>>) => ({
  host,
  "user-agent": userAgent
})

const scopeOf = ({ properties }: EndpointV2): SigningScope => {
  const schemes = properties?.authSchemes ?? []
  const { signingName: service, signingRegion: region } = schemes.find(({ name }) => name === "sigv4") ?? {}
  if (service === undefined || region === undefined) {
    throw new Error(`the bucket is signed for by ${schemes.map(({ name }) => name).join(", ")}, not by sigv4`)
  }
  return { region, service }
}
