/**
 * `s3beat/testing`: an in-memory Layer of every port, and what a test needs to fill, to break and to look at it.
 */
export * as CredentialsMemory from "./CredentialsMemory.ts"
export * as DeadLettersMemory from "./DeadLettersMemory.ts"
export * as OutputMemory from "./OutputMemory.ts"
export * as S3ReaderMemory from "./S3ReaderMemory.ts"
export * as SqsSourceMemory from "./SqsSourceMemory.ts"
export * as StsMemory from "./StsMemory.ts"
