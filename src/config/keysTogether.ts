/**
 * What must hold between keys, and what is worth a warning. Looked at in the tree and not in decoded values, so that these
 * problems are told together with those of single keys.
 */
import { Option, Result } from "effect"
import type { QueueRef } from "../domain/QueueRef.ts"
import type { ConfigKey } from "./ConfigKey.ts"
import { type ConfigNode, find, isEmpty, keyPosition, type Mapping } from "./ConfigNode.ts"
import { OUTPUTS } from "./OutputSection.ts"
import { type KeyPath, ofKey, type Problem } from "./Problem.ts"
import * as QueueEntry from "./QueueEntry.ts"
import { ROLE_EXAMPLE } from "./RoleEntry.ts"
import { isBareHours } from "./SessionDuration.ts"
import { showText } from "./scalar.ts"
import { flagOf } from "./words.ts"

const key = (name: string): KeyPath => ["s3beat", name]

/** Every problem between keys, in no particular order. */
export const problemsBetweenKeys = (root: Mapping): ReadonlyArray<Problem> => [
  ...baseKeys(root),
  ...rolesWanted(root),
  ...lineLimits(root),
  ...deadLetterLoop(root),
  ...clientCertificate(root),
  ...oneOutput(root)
]

/** A warning for every key that is set and yet has no effect, in no particular order. */
export const keysWithoutEffect = (root: Mapping, keys: ReadonlyArray<ConfigKey>): ReadonlyArray<Problem> => {
  const warnings = keys.flatMap(({ path, unused }) => {
    const steps = path.split(".")
    return unused === undefined || find(root, steps) === undefined
      ? []
      : [ofKey(keyPosition(root, steps), steps, `is not used: ${unused}`)]
  })
  const roles = rolesOf(root)
  if (roles !== undefined && !isOn(root, "assumeRoleFlag")) {
    warnings.push(ofKey(roles.position, key("assumeRoleArn"), "is ignored while assumeRoleFlag is false"))
  } else {
    warnings.push(...queuesNotPolled(root))
  }
  const accessKey = find(root, key("accessKeyID"))
  if (accessKey !== undefined && isOn(root, "awsFlag")) {
    warnings.push(ofKey(accessKey.position, key("accessKeyID"), "is ignored while awsFlag is true"))
  }
  return warnings
}

/** A warning where a bare number counts hours, while everywhere else it counts seconds. */
export const countedAsHours = (root: Mapping): ReadonlyArray<Problem> => {
  const path = key("stsCredsExpirationTime")
  const node = find(root, path)
  return node?._tag === "Scalar" && isBareHours(String(node.value))
    ? [
        ofKey(
          node.position,
          path,
          `${node.value} is taken for hours, as LogRhythm's form has them; write ${node.value}h`
        )
      ]
    : []
}

const logstash = (...names: ReadonlyArray<string>): KeyPath => ["output", "logstash", ...names]

/** Whether a secret stands in the file itself, and not in the environment. */
export const holdsKeys = (root: Mapping): boolean => {
  const literal = (path: KeyPath) => {
    const node = find(root, path)
    return node?._tag === "Scalar" && node.isLiteral ? String(node.value) : undefined
  }
  const secrets = [key("accessKeyID"), key("secretAccessKey"), logstash("ssl", "key_passphrase")]
  // Only a URL with an @ has a password in it.
  return secrets.some((path) => literal(path) !== undefined) || literal(logstash("proxy_url"))?.includes("@") === true
}

const baseKeys = (root: Mapping) => bothOrNeither(root, key("accessKeyID"), key("secretAccessKey"))

const clientCertificate = (root: Mapping) => bothOrNeither(root, logstash("ssl", "certificate"), logstash("ssl", "key"))

const bothOrNeither = (root: Mapping, one: KeyPath, other: KeyPath): ReadonlyArray<Problem> => {
  const needs = (path: KeyPath, missing: KeyPath) => {
    const node = find(root, path)
    return node === undefined || find(root, missing) !== undefined
      ? []
      : [ofKey(node.position, path, `needs ${String(missing.at(-1))} beside it; give both or neither`)]
  }
  return [...needs(one, other), ...needs(other, one)]
}

const rolesWanted = (root: Mapping): ReadonlyArray<Problem> => {
  const flag = find(root, key("assumeRoleFlag"))
  return flag !== undefined && rolesOf(root) === undefined && isOn(root, "assumeRoleFlag")
    ? [ofKey(flag.position, key("assumeRoleFlag"), `true needs a role in assumeRoleArn, for example ${ROLE_EXAMPLE}`)]
    : []
}

/** The roles, if there are any: the default is an empty list. */
const rolesOf = (root: Mapping): ConfigNode | undefined => {
  const roles = find(root, key("assumeRoleArn"))
  return roles?._tag === "Sequence" && roles.items.length === 0 ? undefined : roles
}

/** A queue that a role names and `sqsQueues` does not is most often misspelt, and the one that is meant is polled as someone else. */
const queuesNotPolled = (root: Mapping): ReadonlyArray<Problem> => {
  const polled = new Set(
    each(find(root, key("sqsQueues")))
      .flatMap((node) =>
        node._tag === "Scalar" ? Option.toArray(Result.getSuccess(QueueEntry.parse(String(node.value)))) : []
      )
      .map(({ name }) => name)
  )
  return each(find(root, key("assumeRoleArn"))).flatMap((role, index) =>
    each(find(role, ["queues"])).flatMap((queue) =>
      queue._tag !== "Scalar" || polled.has(String(queue.value))
        ? []
        : ofKey(
            queue.position,
            [...key("assumeRoleArn"), index, "queues"],
            `${showText(String(queue.value))} is no name of a queue in sqsQueues, so nothing is polled as this role by it`
          )
    )
  )
}

/** The items of a list, or a single value that stands for a list of itself. */
const each = (node: ConfigNode | undefined): ReadonlyArray<ConfigNode> =>
  node === undefined ? [] : node._tag === "Sequence" ? node.items : [node]

const lineLimits = (root: Mapping): ReadonlyArray<Problem> => {
  const asBeats = find(root, ["s3beat", "multiline", "max_lines"])
  return asBeats !== undefined && find(root, ["s3beat", "multiline", "maxLines"]) !== undefined
    ? [
        ofKey(
          asBeats.position,
          ["s3beat", "multiline", "max_lines"],
          "is another name of maxLines; keep one of the two"
        )
      ]
    : []
}

/** Dead letters that are received again would be rejected again, and so go round for ever. */
const deadLetterLoop = (root: Mapping): ReadonlyArray<Problem> => {
  const path = [...key("deadLetter"), "queue"]
  const node = find(root, path)
  const polled = find(root, key("sqsQueues"))
  const deadLetters = node && queueOf(node)
  const queues = (polled?._tag === "Sequence" ? polled.items : [polled]).map((item) => item && queueOf(item))
  return node !== undefined && deadLetters !== undefined && queues.some((queue) => queue && isSame(queue, deadLetters))
    ? [ofKey(node.position, path, "is one of sqsQueues, and dead letters would go round in it; name another queue")]
    : []
}

const queueOf = (node: ConfigNode): QueueRef | undefined =>
  node._tag === "Scalar" ? Result.getOrUndefined(QueueEntry.parse(String(node.value))) : undefined

/** An account that is not told may be the same. */
const isSame = (a: QueueRef, b: QueueRef): boolean =>
  a.name === b.name && a.region === b.region && (a.accountId ?? b.accountId) === (b.accountId ?? a.accountId)

const oneOutput = (root: Mapping): ReadonlyArray<Problem> => {
  const outputs = find(root, ["output"])
  if (outputs !== undefined && outputs._tag !== "Mapping") return []
  const enabled = Array.from(outputs?.entries ?? []).filter(([, { value }]) => isEnabled(value))
  const supported = enabled.filter(([name]) => OUTPUTS.some((output) => output === name))
  const second = supported[1]
  if (second !== undefined) {
    const [name, { key: position }] = second
    const message = `output.${supported[0]?.[0]} is enabled too; exactly one output may be`
    return [ofKey(position, ["output", name], message)]
  }
  // An output that is enabled but not known is a problem that the Schema tells.
  return enabled.length === 0
    ? [
        ofKey(
          (outputs ?? root).position,
          ["output"],
          "no output is enabled; add output.logstash.hosts: [collector.example.com:5044], output.file.path: /var/lib/s3beat/events, or output.console.enabled: true"
        )
      ]
    : []
}

const isEnabled = (output: ConfigNode): boolean => !isEmpty(output) && !isFlag(find(output, ["enabled"]), false)

const isOn = (root: Mapping, name: string): boolean => isFlag(find(root, key(name)), true)

const isFlag = (node: ConfigNode | undefined, expected: boolean): boolean =>
  node?._tag === "Scalar" && flagOf(String(node.value)) === expected
