import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { parse } from "yaml"
import { type Json, stacks, type Template } from "../../src/policy/cloudFormation.ts"
import * as Policies from "../../src/policy/Policies.ts"
import { many } from "../../src/policy/PolicyDocument.ts"

const A = "arn:aws:iam::111111111111:role/reader"
const C = "arn:aws:iam::333333333333:role/logs/reader"

const role = (arn: string, more: Partial<Policies.PolicyRole> = {}): Policies.PolicyRole => ({
  arn,
  buckets: [],
  queues: [],
  ...more
})

const make = (more: Partial<Policies.PolicyOptions> = {}) =>
  Policies.make({
    queues: [{ name: "events", region: "us-east-1" }],
    roles: [role(A)],
    sessionSeconds: 3600,
    principal: "arn:aws:iam::222222222222:role/s3beat",
    buckets: ["logs"],
    kmsKeys: [],
    ...more
  })

const actionsOn = (policies: Policies.Policies, resource: string) =>
  [policies.identity.policy, ...policies.roles.map(({ permissions }) => permissions)].map(({ Statement }) =>
    Statement.filter(({ Resource = [] }) => many(Resource).includes(resource)).flatMap(({ Action }) => many(Action))
  )

describe("the policies of a config", () => {
  it("without roles the identity reads the buckets itself, and assumes nothing", () => {
    const { identity, roles } = make({ roles: [] })
    assert.deepStrictEqual(roles, [])
    assert.deepStrictEqual(actionsOn(make({ roles: [] }), "arn:aws:s3:::logs/*"), [
      ["s3:GetObject", "s3:GetObjectVersion"]
    ])
    assert.notInclude(JSON.stringify(identity), "sts:AssumeRole")
  })

  it("a bucket is read by the role that names it, and by no other", () => {
    const policies = make({ roles: [role(A), role(C, { buckets: ["audit-*"] })], buckets: ["logs", "audit-1"] })
    assert.deepStrictEqual(actionsOn(policies, "arn:aws:s3:::logs"), [[], ["s3:ListBucket"], []])
    assert.deepStrictEqual(actionsOn(policies, "arn:aws:s3:::audit-*"), [[], [], ["s3:ListBucket"]])
    assert.notInclude(JSON.stringify(policies), "audit-1")
  })

  it("a queue that a role names, or that is in its account, is polled by that role", () => {
    const byName = make({ roles: [role(A, { queues: ["events"] })] })
    assert.lengthOf(actionsOn(byName, "arn:aws:sqs:us-east-1:111111111111:events")[1] ?? [], 5)
    const byAccount = make({ queues: [{ name: "events", region: "us-east-1", accountId: "111111111111" }] })
    assert.deepStrictEqual(actionsOn(byAccount, "arn:aws:sqs:us-east-1:111111111111:events")[0], [])
  })

  it("a queue of a third account is allowed on both sides", () => {
    const { queues } = make({ queues: [{ name: "events", region: "us-east-1", accountId: "444444444444" }] })
    assert.deepInclude(queues[0]?.policy.Statement[1], {
      Principal: { AWS: "arn:aws:iam::222222222222:role/s3beat" }
    })
  })

  it("a queue that is known by its URL is not asked for it", () => {
    const url = "https://sqs.us-east-1.amazonaws.com/222222222222/events"
    const policies = make({ queues: [{ name: "events", region: "us-east-1", accountId: "222222222222", url }] })
    assert.notInclude(JSON.stringify(policies), "sqs:GetQueueUrl")
  })

  it("the dead-letter queue is found and sent to by whoever's it is, and no more", () => {
    const arn = "arn:aws:sqs:us-east-1:222222222222:dead"
    const sends = ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"]
    const dead = { name: "dead", region: "us-east-1" }
    assert.deepStrictEqual(actionsOn(make({ deadLetterQueue: dead }), arn), [sends, []])
    assert.lengthOf(make({ deadLetterQueue: dead }).queues, 1, "it needs no policy of its own")
    const url = `https://sqs.us-east-1.amazonaws.com/222222222222/${dead.name}`
    const byUrl = make({ deadLetterQueue: { ...dead, accountId: "222222222222", url } })
    assert.deepStrictEqual(actionsOn(byUrl, arn), [sends.slice(1), []])
    const ofRole = make({ deadLetterQueue: { ...dead, accountId: "111111111111" } })
    assert.deepStrictEqual(actionsOn(ofRole, "arn:aws:sqs:us-east-1:111111111111:dead"), [[], sends])
  })

  it("a dead-letter queue of a third account is allowed on both sides", () => {
    const deadLetterQueue = { name: "dead", region: "us-east-1", accountId: "444444444444" }
    const { account, policy } = make({ deadLetterQueue }).queues[1] ?? {}
    assert.strictEqual(account, "444444444444")
    assert.deepStrictEqual(policy?.Statement, [
      {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::222222222222:role/s3beat" },
        Action: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"],
        Resource: "arn:aws:sqs:us-east-1:444444444444:dead"
      }
    ])
  })

  it("a KMS key of several accounts' is allowed to the role of its own account", () => {
    const key = "arn:aws:kms:us-east-1:333333333333:key/1"
    assert.deepStrictEqual(actionsOn(make({ roles: [role(A), role(C)], kmsKeys: [key] }), key), [
      [],
      [],
      ["kms:Decrypt"]
    ])
  })

  it("who calls by a session is trusted as the session's role", () => {
    const { identity } = make({ principal: "arn:aws:sts::222222222222:assumed-role/s3beat/i-0123" })
    assert.strictEqual(identity.principal, "arn:aws:iam::222222222222:role/s3beat")
    assert.strictEqual(identity.account, "222222222222")
  })

  it("every partition has ARNs of its own", () => {
    const queues = [{ name: "events", region: "cn-north-1" }]
    assert.strictEqual(make({ queues }).queues[0]?.arn, "arn:aws-cn:sqs:cn-north-1:222222222222:events")
    assert.include(JSON.stringify(make({ queues, roles: [] })), "arn:aws-cn:s3:::logs/*")
  })

  it("a session longer than an hour asks the role for as long a maximum", () => {
    assert.strictEqual(make({ sessionSeconds: 900 }).roles[0]?.maxSessionDuration, 3600)
    assert.strictEqual(make({ sessionSeconds: 43_200 }).roles[0]?.maxSessionDuration, 43_200)
  })

  it("the README has them as they are printed", () => {
    const readme = readFileSync("README.md", "utf8")
    const [, yaml = ""] = /```yaml\n(s3beat:[\s\S]*?)```/u.exec(readme) ?? []
    const [, section = ""] = /### What to allow\n([\s\S]*?)\n##/u.exec(readme) ?? []
    const { s3beat } = parse(yaml)
    const [name, region] = s3beat.sqsQueues[0].split(":")
    const { identity, queues, roles } = make({
      queues: [{ name, region }],
      roles: s3beat.assumeRoleArn.map((arn: string) => role(arn, { externalId: "your-external-id" })),
      buckets: ["prod-logs"],
      kmsKeys: ["arn:aws:kms:us-east-1:111111111111:key/your-key"]
    })
    assert.deepStrictEqual(
      [...section.matchAll(/```json\n([\s\S]*?)```/gu)].map(([, text = ""]) => JSON.parse(text)),
      [roles[0]?.trust, roles[0]?.permissions, identity.policy, queues[0]?.policy]
    )
  })
})

/** Every `Fn::Sub` of a template. */
const substitutions = (value: Json): ReadonlyArray<string> => {
  if (typeof value !== "object") return []
  return Object.entries(value).flatMap(([name, part]) => (name === "Fn::Sub" ? [String(part)] : substitutions(part)))
}

const namesIn = (template: Template) =>
  substitutions(JSON.parse(JSON.stringify(template))).flatMap((text) =>
    [...text.matchAll(/\$\{([^}]+)\}/gu)].map(([, name = ""]) => name)
  )

/** **Source** The reference of each type, in the user guide of CloudFormation. */
const required: Readonly<Record<string, ReadonlyArray<string>>> = {
  "AWS::IAM::ManagedPolicy": ["PolicyDocument"],
  "AWS::IAM::Role": ["AssumeRolePolicyDocument"],
  "AWS::SQS::QueuePolicy": ["PolicyDocument", "Queues"]
}

const options = fc.record(
  {
    principal: fc.constantFrom(undefined, "arn:aws:iam::222222222222:user/s3beat"),
    buckets: fc.subarray(["logs", "audit"]),
    kmsKeys: fc.subarray(["arn:aws:kms:us-east-1:111111111111:key/1"]),
    deadLetterQueue: fc.constantFrom(undefined, { name: "dead", region: "eu-west-1", accountId: "444444444444" }),
    roles: fc.subarray([role(A, { externalId: "shared" }), role(C, { buckets: ["prod-*"], queues: ["other"] })]),
    queues: fc.subarray(
      [
        { name: "events", region: "us-east-1" },
        { name: "other", region: "eu-west-1" },
        { name: "third", region: "us-east-1", accountId: "444444444444" }
      ],
      { minLength: 1 }
    )
  },
  { requiredKeys: ["principal", "buckets", "kmsKeys", "roles", "queues"] }
)

describe("CloudFormation", () => {
  it("a template names all its parameters and no others, has what each type requires, and no placeholder is left", () => {
    fc.assert(
      fc.property(options, (some) => {
        const all = stacks(make(some))
        for (const { template } of all) {
          const { Outputs, Parameters = {}, Resources } = template
          const names = namesIn(template).filter((name) => !name.startsWith("AWS::"))
          assert.deepStrictEqual([...new Set(names)].toSorted(), Object.keys(Parameters).toSorted())
          for (const { Properties, Type } of Object.values(Resources)) {
            assert.includeMembers(Object.keys(Properties), [...(required[Type] ?? ["an unknown type"])])
          }
          assert.notMatch(JSON.stringify([Resources, Outputs]), /<[a-z-]+>/u)
          for (const name of Object.keys({ ...Parameters, ...Resources, ...Outputs }))
            assert.match(name, /^[A-Za-z0-9]+$/u)
        }
        const sites = all.map(({ account, region = "" }) => `${account} ${region}`)
        assert.lengthOf(new Set(sites), sites.length)
      })
    )
  })

  it("says in the queues' own region what the queues allow, and in any region who may read the buckets", () => {
    const queues = [
      { name: "events", region: "us-east-1" },
      { name: "other", region: "eu-west-1" }
    ]
    assert.deepStrictEqual(
      stacks(make({ queues })).map(({ account, region, template }) => [
        account,
        region,
        Object.values(template.Resources).map(({ Type }) => Type)
      ]),
      [
        ["222222222222", "us-east-1", ["AWS::IAM::ManagedPolicy", "AWS::SQS::QueuePolicy"]],
        ["111111111111", undefined, ["AWS::IAM::Role"]],
        ["222222222222", "eu-west-1", ["AWS::SQS::QueuePolicy"]]
      ]
    )
  })

  it("a role keeps its name and path", () => {
    const [, stack] = stacks(make({ roles: [role(C)] }))
    assert.deepInclude(stack?.template.Resources["S3beatRole"]?.Properties, { RoleName: "reader", Path: "/logs/" })
  })
})
