import { DecodeError, ObjectCorrupt } from "./Decoder.ts"

/** The error of an object whose bytes are not what they claim to be; `detail` says where, and what was expected. */
export const corrupt = (detail: string): DecodeError => new DecodeError({ reason: new ObjectCorrupt({ detail }) })
