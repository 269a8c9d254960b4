/**
 * AssumeRole, for whoever asks.
 *
 * **Source** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */

/** The answer to the form of an AssumeRole. */
export const assumeRole = (form: string, now: number): string => {
  const fields = new URLSearchParams(form)
  const expiresAt = new Date(now + Number(fields.get("DurationSeconds") ?? 3600) * 1000).toISOString()
  return (
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
    `<AccessKeyId>ASIABENCH</AccessKeyId><SecretAccessKey>secret-of-session</SecretAccessKey>` +
    `<SessionToken>${"FwoGZXIvYXdzE".repeat(30)}</SessionToken><Expiration>${expiresAt}</Expiration>` +
    `</Credentials><AssumedRoleUser><AssumedRoleId>AROABENCH:bench</AssumedRoleId>` +
    `<Arn>${fields.get("RoleArn")}/${fields.get("RoleSessionName")}</Arn></AssumedRoleUser></AssumeRoleResult>` +
    `<ResponseMetadata><RequestId>9QJ5V2TRF5WD1CFG</RequestId></ResponseMetadata></AssumeRoleResponse>`
  )
}
