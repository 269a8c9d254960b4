/**
 * The policies as CloudFormation templates: one for each account and region that has something to allow.
 */
import { placeholders } from "./arns.ts"
import type { PolicyDocument } from "./PolicyDocument.ts"
import type { Policies } from "./Policies.ts"

/** A part of a template, as JSON would have it. */
export type Json = string | number | boolean | ReadonlyArray<Json> | { readonly [name: string]: Json }

/**
 * A template.
 *
 * **Source** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
export interface Template {
  readonly AWSTemplateFormatVersion: "2010-09-09"
  readonly Description: string
  readonly Parameters?: Readonly<Record<string, { readonly Type: "String"; readonly Description: string }>>
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Json }>>
  readonly Outputs?: Readonly<Record<string, { readonly Description: string; readonly Value: Json }>>
}

/** A template, and where it is for. **Shape** `region` is absent where any will do, because IAM is the same in all of them. */
export interface Stack {
  readonly account: string
  readonly region?: string
  readonly template: Template
}

/**
 * The templates of the policies.
 *
 * **Shape** What nobody said is a Parameter; the account in which the stack is made is known to it. A queue's policy is made whole,
 * and takes the place of the one that the queue has. What a bucket announces is an Output, as the command that says so:
 * CloudFormation configures only the buckets that it made itself.
 */
export const stacks = ({ buckets, identity, queues, roles }: Policies): ReadonlyArray<Stack> => {
  const sites: Array<Site> = []
  const siteOf = (account: string, region?: string): Site => {
    const known = sites.find(
      (site) => site.account === account && (region === undefined || (site.region ?? region) === region)
    )
    if (known !== undefined) {
      known.region ??= region
      return known
    }
    const site: Site = { account, region, resources: {}, outputs: {} }
    sites.push(site)
    return site
  }

  const own = siteOf(identity.account, queues.find(({ account }) => account === identity.account)?.region)
  own.resources["S3beatPolicy"] = {
    Type: "AWS::IAM::ManagedPolicy",
    Properties: {
      Description: "What s3beat may do. Attach it to the identity that s3beat runs as.",
      PolicyDocument: json(identity.policy)
    }
  }
  for (const { account, arn, maxSessionDuration, permissions, trust } of roles) {
    const { resources } = siteOf(account)
    resources[numbered("S3beatRole", resources)] = {
      Type: "AWS::IAM::Role",
      Properties: {
        ...nameOf(arn),
        Description: "Lets s3beat read the logs of this account.",
        MaxSessionDuration: maxSessionDuration,
        AssumeRolePolicyDocument: json(trust),
        Policies: [{ PolicyName: "s3beat", PolicyDocument: json(permissions) }]
      }
    }
  }
  for (const { account, arn, policy, region } of queues) {
    const { resources } = siteOf(account, region)
    resources[numbered("S3beatQueuePolicy", resources)] = {
      Type: "AWS::SQS::QueuePolicy",
      Properties: {
        Queues: [
          { "Fn::Sub": `https://sqs.\${AWS::Region}.\${AWS::URLSuffix}/\${AWS::AccountId}/${arn.split(":").at(-1)}` }
        ],
        PolicyDocument: json(policy)
      }
    }
  }
  for (const { account, bucket, notification } of buckets) {
    const { outputs } = siteOf(account)
    outputs[numbered("S3beatNotification", outputs)] = {
      Description: `Lets ${bucket} announce its objects; this replaces the notifications that the bucket has`,
      Value: `aws s3api put-bucket-notification-configuration --bucket ${bucket} --notification-configuration '${JSON.stringify(notification)}'`
    }
  }
  return sites.filter(({ resources }) => Object.keys(resources).length > 0).map(toStack)
}

interface Site {
  readonly account: string
  region: string | undefined
  readonly resources: Record<string, { readonly Type: string; readonly Properties: Json }>
  readonly outputs: Record<string, { readonly Description: string; readonly Value: Json }>
}

/** The first goes by the name alone. */
const numbered = (name: string, taken: object): string => {
  const count = Object.keys(taken).filter((other) => other.startsWith(name)).length
  return count === 0 ? name : `${name}${count + 1}`
}

/** `arn:aws:iam::111111111111:role/path/name` */
const nameOf = (roleArn: string) => {
  const [, path = "/", name = ""] = /:role(\/.*?)([^/]+)$/u.exec(roleArn) ?? []
  return { RoleName: name, ...(path === "/" ? undefined : { Path: path }) }
}

/** A document is JSON already: it only has no index signature. */
const json = ({ Statement, Version }: PolicyDocument): Json => ({
  Version,
  Statement: Statement.map((statement) => ({ ...statement }))
})

/** What a placeholder becomes: the name of a Parameter, and what to give it. */
const parameters = {
  [placeholders.account]: { name: "S3beatAccount", description: "The id of the account in which s3beat runs" },
  [placeholders.bucket]: { name: "Bucket", description: "The bucket with the logs" },
  [placeholders.principal]: { name: "Principal", description: "The ARN of the identity that s3beat runs as" },
  [placeholders.queue]: { name: "QueueArn", description: "The ARN of the queue in the region of the bucket" }
}

const toStack = ({ account, outputs, region, resources }: Site): Stack => {
  const isOwn = account === placeholders.account
  const used = new Map<string, string>()
  const filled = (text: string): Json => {
    let isFilled = false
    let filled = text
    for (const [placeholder, { description, name }] of Object.entries(parameters)) {
      if (!filled.includes(placeholder)) continue
      isFilled = true
      const isKnown = isOwn && placeholder === placeholders.account
      if (!isKnown) used.set(name, description)
      filled = filled.replaceAll(placeholder, isKnown ? "${AWS::AccountId}" : `\${${name}}`)
    }
    return isFilled ? { "Fn::Sub": filled } : text
  }
  const walk = (value: Json): Json => {
    if (typeof value === "string") return filled(value)
    if (typeof value !== "object") return value
    return isList(value)
      ? value.map(walk)
      : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, walk(part)]))
  }
  const Resources = Object.fromEntries(
    Object.entries(resources).map(([name, { Properties, Type }]) => [name, { Type, Properties: walk(Properties) }])
  )
  const Outputs = Object.fromEntries(
    Object.entries(outputs).map(([name, { Description, Value }]) => [
      name,
      // A description may hold no function.
      { Description: Description.replaceAll(placeholders.bucket, "the bucket"), Value: walk(Value) }
    ])
  )
  const Parameters = Object.fromEntries(
    [...used].map(([name, Description]) => [name, { Type: "String" as const, Description }])
  )
  return {
    account,
    ...(region === undefined ? undefined : { region }),
    template: {
      AWSTemplateFormatVersion: "2010-09-09",
      Description: "What s3beat needs in this account.",
      ...(used.size === 0 ? undefined : { Parameters }),
      Resources,
      ...(Object.keys(Outputs).length === 0 ? undefined : { Outputs })
    }
  }
}

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)
