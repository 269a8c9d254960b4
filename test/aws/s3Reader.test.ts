import { Layer } from "effect"
import * as contract from "../contract/s3ReaderContract.ts"
import { S3Wire } from "../support/S3Wire.ts"
import { world } from "../support/s3ReaderWorld.ts"

const far = Layer.effect(contract.S3World, S3Wire)

contract.suite("the AWS SDK over HTTP", Layer.provideMerge(far, world()))
