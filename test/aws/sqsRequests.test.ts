import { createHash } from "node:crypto"
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as sqs from "../../src/aws/sqsOperations.ts"
import { make } from "../../src/aws/SqsRequests.ts"

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "session" }

const ignored = () => {}

const common: SQSClientConfig = {
  credentials: keys,
  maxAttempts: 1,
  logger: { debug: ignored, info: ignored, warn: ignored, error: ignored }
}

type Config = SQSClientConfig & { readonly region: string }

/** What is sent of a request, whoever sends it. */
interface Sent {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What the SDK itself would send; the time that it is signed at is its own. */
const sentBySdk = async (config: Config, send: (client: SQSClient) => Promise<unknown>) => {
  let sent: unknown
  const requestHandler = {
    handle: (request: unknown) => {
      sent = request
      throw new Error("not sent")
    }
  }
  const client = new SQSClient({ ...common, ...config, requestHandler })
  try {
    await send(client)
  } catch (error) {
    if (sent === undefined) throw error
  } finally {
    client.destroy()
  }
  return essence(sent as never)
}

/** Headers that follow from the time and the body, number the attempts, or that the client of HTTP adds by itself. */
const apart = /^(authorization|user-agent|x-amz-user-agent|x-amz-date|x-amz-content-sha256|amz-sdk-.*|content-length)$/u

const essence = (request: Sent) => ({
  to: `${request.protocol}//${request.hostname}:${request.port ?? ""}${request.path}`,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !apart.test(name))),
  scope: /Credential=\w+\/\d+\/([^,]*)/u.exec(request.headers["authorization"] ?? "")?.[1],
  // Its members may stand in another order.
  body: JSON.parse(new TextDecoder().decode(request.body)),
  isHashed: request.headers["x-amz-content-sha256"] === createHash("sha256").update(request.body).digest("hex")
})

const requestOf = async (config: Config, request: (client: ReturnType<typeof make>) => Promise<unknown>) => {
  const client = make({ ...common, ...config })
  try {
    const { origin, ...rest } = (await request(client)) as Omit<Sent, "protocol" | "hostname"> & { origin: string }
    const { hostname, port, protocol } = new URL(origin)
    return essence({ ...rest, protocol, hostname, port: port === "" ? undefined : Number(port) })
  } finally {
    client.close()
  }
}

const configs: Readonly<Record<string, Config>> = {
  "a region": { region: "eu-central-1" },
  "the first region": { region: "us-east-1" },
  China: { region: "cn-north-1" },
  GovCloud: { region: "us-gov-west-1" },
  "dual stack": { region: "us-west-2", useDualstackEndpoint: true },
  FIPS: { region: "us-east-2", useFipsEndpoint: true },
  "an endpoint": { region: "us-east-1", endpoint: "http://127.0.0.1:9324", useQueueUrlAsEndpoint: false },
  "an endpoint with a path": { region: "us-east-1", endpoint: "https://a.example/sqs", useQueueUrlAsEndpoint: false }
}

const urls = [
  "https://sqs.us-east-1.amazonaws.com/111122223333/logs",
  "https://queue.amazonaws.com/111122223333/logs",
  "https://vpce-0123.sqs.us-east-1.vpce.amazonaws.com/111122223333/logs.fifo"
]

describe("SqsRequests", () => {
  for (const [name, config] of Object.entries(configs)) {
    it.each(urls)(`by ${name}, %s is polled where the SDK would, with what the SDK would send`, async (QueueUrl) => {
      const input = {
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
        MessageAttributeNames: ["s3beat.*", "'é\n\"\u2028"]
      }
      assert.deepStrictEqual(
        await requestOf(config, (client) => client.request(sqs.ReceiveMessage, input, keys, 0)),
        await sentBySdk(config, (client) => client.send(new ReceiveMessageCommand(input)))
      )
    })

    it(`by ${name}, a queue's URL is asked for where the SDK would`, async () => {
      const input = { QueueName: "logs", QueueOwnerAWSAccountId: "111122223333" }
      assert.deepStrictEqual(
        await requestOf(config, (client) => client.request(sqs.GetQueueUrl, input, keys, 0)),
        await sentBySdk(config, (client) => client.send(new GetQueueUrlCommand(input)))
      )
    })
  }

  describe("an endpoint from the environment", () => {
    beforeAll(() => void (process.env["AWS_ENDPOINT_URL_SQS"] = "http://localhost:4566"))
    afterAll(() => void delete process.env["AWS_ENDPOINT_URL_SQS"])

    it("is taken", async () => {
      const config = { region: "us-east-1" }
      const input = { QueueName: "logs" }
      const actual = await requestOf(config, (client) => client.request(sqs.GetQueueUrl, input, keys, 0))
      assert.include(actual.to, ":4566")
      assert.deepStrictEqual(actual, await sentBySdk(config, (client) => client.send(new GetQueueUrlCommand(input))))
    })
  })
})
