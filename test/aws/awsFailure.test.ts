import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { fromUnknown } from "../../src/aws/awsFailure.ts"

/** An error as the SDK throws it. */
const thrown = (code: string, status: number | undefined, message: string, more: object = {}) =>
  Object.assign(new Error(message), {
    name: code,
    $metadata: status === undefined ? {} : { httpStatusCode: status },
    ...more
  })

const tagOf = (code: string, status?: number) => fromUnknown(thrown(code, status, "as AWS words it")).reason._tag

describe("awsFailure", () => {
  for (const code of [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestExpired"
  ]) {
    it(`${code} is CredentialsExpired, whatever its status`, () => {
      assert.strictEqual(tagOf(code, 400), "CredentialsExpired")
      assert.strictEqual(tagOf(code, 403), "CredentialsExpired")
    })
  }

  for (const code of ["SlowDown", "Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded"]) {
    it(`${code} is Unavailable, whatever its status`, () => {
      for (const status of [400, 403, 429, 503]) assert.strictEqual(tagOf(code, status), "Unavailable")
    })
  }

  for (const [code, status] of [
    ["AccessDenied", 403],
    ["AccessDeniedException", 400],
    ["KMS.DisabledException", 400],
    ["SignatureDoesNotMatch", 403],
    ["InvalidClientTokenId", 403],
    ["UnrecognizedClientException", 400],
    ["SomethingNew", 401],
    ["SomethingNew", 403]
  ] as const) {
    it(`${code} with HTTP ${status} is AccessDenied`, () => {
      assert.strictEqual(tagOf(code, status), "AccessDenied")
    })
  }

  for (const code of [
    "RequestTimeTooSkewed",
    "RequestInTheFuture",
    "SignatureDoesNotMatch",
    "InvalidSignatureException"
  ]) {
    it(`${code} is Unavailable once the SDK has corrected the clock that it signs by, and AccessDenied until then`, () => {
      const corrected = thrown(code, 403, "", { $metadata: { httpStatusCode: 403, clockSkewCorrected: true } })
      const failure = fromUnknown(corrected)
      assert.strictEqual(failure.reason._tag, "Unavailable")
      assert.include(failure.detail, "the clock of this machine is off")
      assert.strictEqual(tagOf(code, 403), "AccessDenied")
    })
  }

  for (const [code, status] of [
    ["InternalError", 500],
    ["ServiceUnavailable", 503],
    ["ECONNRESET", undefined],
    ["TimeoutError", undefined],
    ["SomethingNew", 400]
  ] as const) {
    it(`${code} ${status === undefined ? "without an answer" : `with HTTP ${status}`} is Unavailable`, () => {
      assert.strictEqual(tagOf(code, status), "Unavailable")
    })
  }

  it("SQS's spellings of a code are one code", () => {
    for (const name of ["com.amazonaws.sqs#AccessDenied", "AWS.SimpleQueueService.AccessDenied", "AccessDenied"]) {
      assert.strictEqual(fromUnknown(thrown(name, 400, "")).code, "AccessDenied")
    }
  })

  it("the bucket's region is read from the header, and from the body where there is no header", () => {
    const header = { $response: { headers: { "x-amz-bucket-region": "eu-west-1" } } }
    assert.strictEqual(fromUnknown(thrown("PermanentRedirect", 301, "", header)).region, "eu-west-1")
    assert.strictEqual(fromUnknown(thrown("Redirect", 400, "", { Region: "eu-west-2" })).region, "eu-west-2")
    assert.isUndefined(fromUnknown(thrown("NoSuchKey", 404, "")).region)
  })

  it("the text names code, cause and status, in one line", () => {
    const { detail } = fromUnknown(thrown("AccessDenied", 403, "not\r\n\tallowed\u001b[31m"))
    assert.strictEqual(detail, "AccessDenied: not allowed\\u001b[31m (HTTP 403)")
  })

  it("whatever is thrown becomes a failure of one short line", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.constantFrom(undefined, null, {})),
        (value) => {
          const { detail } = fromUnknown(value)
          assert.isAtMost(detail.length, 1000)
          assert.notMatch(detail, /[\p{Cc}\u2028\u2029]/u)
        }
      )
    )
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (code, message) => {
        assert.notMatch(fromUnknown(thrown(code, 400, message)).detail, /[\p{Cc}\u2028\u2029]/u)
      })
    )
  })
})
