/**
 * Whether the key is that of a CloudTrail digest, which holds hashes of log files and no log.
 *
 * **Source** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 */
export const isDigestKey = (key: string): boolean => key.includes("/CloudTrail-Digest/")
