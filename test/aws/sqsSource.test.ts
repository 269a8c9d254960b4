import { Effect, Layer } from "effect"
import * as SqsSourceAws from "../../src/aws/SqsSourceAws.ts"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import { type Account, queueArn } from "../../src/demo/World.ts"
import * as contract from "../contract/sqsSourceContract.ts"
import * as Identities from "../support/fixedIdentities.ts"

const account: Account = {
  id: "222222222222",
  users: [
    {
      name: "beat",
      accessKeyId: "BASE-0",
      secretAccessKey: "secret",
      policy: [{ actions: ["sqs:*"], resources: ["*"] }]
    }
  ],
  roles: [],
  buckets: [],
  queues: [
    contract.logs,
    contract.deadLetters,
    { ...contract.redriven, redrive: { deadLetterQueue: contract.deadLetters.name, maxReceiveCount: 2 } }
  ]
}

const world = Layer.effect(
  contract.SqsWorld,
  Effect.map(EmbeddedAws.EmbeddedAws, ({ sendMessage }) => ({
    send: (queue, body) => sendMessage(queueArn(account, queue), body)
  }))
)

const source = Layer.unwrap(
  Effect.map(EmbeddedAws.EmbeddedAws, ({ endpoint }) => SqsSourceAws.layer({ endpoint }))
).pipe(Layer.provide(Identities.layer([Identities.identity("base identity", "BASE")])))

contract.suite(
  "the AWS SDK over HTTP",
  "live",
  Layer.merge(source, world).pipe(Layer.provide(EmbeddedAws.layer({ accounts: [account] })))
)
