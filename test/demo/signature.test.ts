import { assert, describe, it } from "@effect/vitest"
import { isSignedWith, parseAuthorization } from "../../src/demo/signature.ts"

/** The keys of Amazon's own examples. */
const accessKeyId = "AKIAIOSFODNN7EXAMPLE"
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

interface Example {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly signature: string
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const examples: Readonly<Record<string, Example>> = {
  "GET Object": {
    method: "GET",
    url: "/test.txt",
    headers: { range: "bytes=0-9", "x-amz-content-sha256": emptyHash },
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
  },
  "PUT Object": {
    method: "PUT",
    url: "/test%24file.text",
    headers: {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "x-amz-storage-class": "REDUCED_REDUNDANCY"
    },
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
  },
  "GET Bucket Lifecycle": {
    method: "GET",
    url: "/?lifecycle",
    headers: { "x-amz-content-sha256": emptyHash },
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
  },
  "GET Bucket (List Objects)": {
    method: "GET",
    url: "/?max-keys=2&prefix=J",
    headers: { "x-amz-content-sha256": emptyHash },
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
  }
}

/** The example as it comes over the wire. */
const received = ({ headers, method, signature, url }: Example, key = secret) => {
  const all: Record<string, string> = {
    ...headers,
    host: "examplebucket.s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z"
  }
  const signedHeaders = Object.keys(all).toSorted().join(";")
  const authorization = parseAuthorization(
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20130524/us-east-1/s3/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`
  )
  assert.isDefined(authorization)
  return isSignedWith(key, authorization, { method, url, headers: all, body: Buffer.alloc(0) })
}

describe("signature", () => {
  for (const [name, example] of Object.entries(examples)) {
    it(`Amazon's own example is accepted: ${name}`, () => {
      assert.isTrue(received(example))
    })

    it(`any change to it is refused: ${name}`, () => {
      const [header = ""] = Object.keys(example.headers)
      const changed: ReadonlyArray<Partial<Example>> = [
        { method: "DELETE" },
        { url: `/x${example.url.slice(1)}` },
        { url: `${example.url}${example.url.includes("?") ? "&" : "?"}more=1` },
        { headers: { ...example.headers, [header]: "changed" } },
        { headers: { ...example.headers, "x-amz-more": "1" } },
        { signature: "0".repeat(64) }
      ]
      for (const change of changed) assert.isFalse(received({ ...example, ...change }), JSON.stringify(change))
      assert.isFalse(received(example, `${secret}x`))
    })
  }

  it("the order of a query's pairs does not matter, as they are signed in the order of their names", () => {
    const list = examples["GET Bucket (List Objects)"]
    assert.isDefined(list)
    assert.isTrue(received({ ...list, url: "/?prefix=J&max-keys=2" }))
  })

  it("an Authorization header of another kind is not read", () => {
    for (const header of [undefined, "", "Basic dXNlcg==", "AWS AKIA:abc", "AWS4-HMAC-SHA256 Credential=A/B"]) {
      assert.isUndefined(parseAuthorization(header))
    }
  })
})
