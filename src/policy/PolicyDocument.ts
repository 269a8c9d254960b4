/**
 * IAM's policy documents, as far as s3beat writes them.
 *
 * **Source** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */

/** One name, or several. **Shape** What holds one is written without a list, as AWS's own examples are. */
export type OneOrMany = string | ReadonlyArray<string>

/** Who is meant: an identity of IAM, or a service of AWS. */
export type Principal = { readonly AWS: OneOrMany } | { readonly Service: string }

/** `{ StringEquals: { "sts:ExternalId": "shared" } }` */
export type Conditions = Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>

/** What is allowed. **Shape** A trust policy has no `Resource`: it is the role itself. */
export interface Statement {
  readonly Effect: "Allow"
  readonly Principal?: Principal
  readonly Action: OneOrMany
  readonly Resource?: OneOrMany
  readonly Condition?: Conditions
}

/** A whole policy. */
export interface PolicyDocument {
  readonly Version: "2012-10-17"
  readonly Statement: ReadonlyArray<Statement>
}

/** The policy of these statements. */
export const make = (statements: ReadonlyArray<Statement>): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: statements
})

/** One name as it is, several as a list. */
export const oneOrMany = (names: ReadonlyArray<string>): OneOrMany => {
  const [first, ...rest] = names
  return first !== undefined && rest.length === 0 ? first : names
}

/** The names as a list, however they are written. */
export const many = (names: OneOrMany): ReadonlyArray<string> => (typeof names === "string" ? [names] : names)
