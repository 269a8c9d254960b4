/**
 * The demo's own clients of S3: whoever uploads, and whoever should not be able to read.
 */
import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3"
import { Effect, type Scope } from "effect"

/** Keys of a user. */
export interface UserKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** S3 as one user sees it. */
export interface Uploader {
  readonly put: (region: string, bucket: string, key: string, bytes: Uint8Array) => Effect.Effect<void>
  /** Tries to read, and answers the code with which S3 refused; undefined when it did not. */
  readonly refusalOf: (region: string, bucket: string, key: string) => Effect.Effect<string | undefined>
}

/** S3 at the endpoint, as the user of these keys. */
export const make = (endpoint: string, credentials: UserKeys): Effect.Effect<Uploader, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clients = new Map<string, S3Client>()
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const client of clients.values()) client.destroy()
      })
    )
    const clientIn = (region: string): S3Client => {
      const known = clients.get(region)
      if (known !== undefined) return known
      const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 })
      clients.set(region, client)
      return client
    }
    return {
      put: (region, Bucket, Key, Body) =>
        Effect.promise((abortSignal) =>
          clientIn(region).send(new PutObjectCommand({ Bucket, Key, Body }), { abortSignal })
        ),
      refusalOf: (region, Bucket, Key) =>
        Effect.promise(async (abortSignal) => {
          try {
            const { Body } = await clientIn(region).send(new GetObjectCommand({ Bucket, Key }), { abortSignal })
            await Body?.transformToByteArray()
            return undefined
          } catch (error) {
            if (error instanceof S3ServiceException) return error.name
            throw error
          }
        })
    }
  })
