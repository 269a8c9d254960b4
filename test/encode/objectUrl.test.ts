import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { bucketArn, objectUrl } from "../../src/encode/objectUrl.ts"

describe("objectUrl", () => {
  it("is virtual-hosted, and percent-encodes each segment of the key", () => {
    assert.strictEqual(
      objectUrl({ bucket: "logs", key: "a b/ü+(1)?#.gz", region: "eu-west-1" }),
      "https://logs.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC%2B%281%29%3F%23.gz"
    )
  })

  it("any key comes back from it, and nothing stands in it that a URL would escape", () => {
    const unit = fc.constantFrom(..."aZ09-._~/ +!'()*%?#é日")
    fc.assert(
      fc.property(fc.string({ unit }), (key) => {
        const path = objectUrl({ bucket: "b", key, region: "r" }).slice("https://b.s3.r.amazonaws.com/".length)
        assert.match(path, /^(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*$/u)
        assert.strictEqual(decodeURIComponent(path), key)
      })
    )
  })

  it("is path-style for a bucket with a dot, whose name no wildcard certificate covers", () => {
    assert.strictEqual(
      objectUrl({ bucket: "logs.example", key: "k", region: "us-east-1" }),
      "https://s3.us-east-1.amazonaws.com/logs.example/k"
    )
  })

  it("knows the partitions", () => {
    assert.strictEqual(
      objectUrl({ bucket: "b", key: "k", region: "cn-north-1" }),
      "https://b.s3.cn-north-1.amazonaws.com.cn/k"
    )
    assert.strictEqual(bucketArn({ bucket: "b", region: "cn-north-1" }), "arn:aws-cn:s3:::b")
    assert.strictEqual(bucketArn({ bucket: "b", region: "us-gov-west-1" }), "arn:aws-us-gov:s3:::b")
    assert.strictEqual(bucketArn({ bucket: "b", region: "us-east-1" }), "arn:aws:s3:::b")
  })
})
