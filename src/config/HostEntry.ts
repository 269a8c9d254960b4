/**
 * An entry of `hosts`: `host`, `host:port` or `[IPv6]:port`; and the proxy on the way there.
 */
import { Redacted, Result, Schema } from "effect"
import { scalar, showText } from "./scalar.ts"

const BEATS_PORT = 5044
const SOCKS_PORT = 1080
const LAST_PORT = 65_535

const EXAMPLE = "collector.example.com:5044"

const Address = Schema.Struct({ host: Schema.String, port: Schema.Number })

/** Reads an entry. **Errors** A sentence for each way to write it wrong, with what to write instead. */
export const parse = (text: string): Result.Result<typeof Address.Type, string> => {
  if (text.includes("://")) {
    return Result.fail(`${showText(text)} is a URL; write the host and the port alone, as in ${EXAMPLE}`)
  }
  const [, bracketed, name, portText] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/.exec(text) ??
    // An IPv6 address may stand without brackets when no port follows.
    /^([0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)$/.exec(text) ??
    []
  const host = bracketed ?? name
  if (host === undefined || (bracketed !== undefined && !URL.canParse(`tcp://[${bracketed}]`))) {
    return Result.fail(`${showText(text)} is no host; write it as in ${EXAMPLE} or [2001:db8::1]:5044`)
  }
  const port = portText === undefined ? BEATS_PORT : Number(portText)
  return port >= 1 && port <= LAST_PORT
    ? Result.succeed({ host, port })
    : Result.fail(`${showText(text)} names no port from 1 to ${LAST_PORT}`)
}

/** A host in `hosts`. */
export const HostEntry = scalar<typeof Address.Type>(Address, `a host as in ${EXAMPLE}`, parse)

const Proxy = Schema.Struct({
  ...Address.fields,
  credentials: Schema.optionalKey(Schema.Struct({ username: Schema.String, password: Schema.Redacted(Schema.String) }))
})

const PROXY_EXAMPLE = "socks5://user:password@proxy.example.com:1080"

/** Reads a proxy's URL. **Errors** A sentence; never the URL, since it may hold a password. */
export const parseProxy = (text: string): Result.Result<typeof Proxy.Type, string> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== "socks5:" || url.hostname === "") {
    return Result.fail(`is no URL of a SOCKS5 proxy; write it as in ${PROXY_EXAMPLE}`)
  }
  const address = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || SOCKS_PORT) }
  if (url.username === "" && url.password === "") return Result.succeed(address)
  const [username, password] = [decoded(url.username), decoded(url.password)]
  return username === undefined || password === undefined
    ? Result.fail("holds a user name or password that is not encoded as URLs want it, or of more than 255 bytes")
    : Result.succeed({ ...address, credentials: { username, password: Redacted.make(password) } })
}

/** `proxy_url`. **Guarantee** The password is redacted from here on. */
export const ProxyUrl = scalar<typeof Proxy.Type>(Proxy, "a URL of a SOCKS5 proxy", parseProxy)

/** RFC 1929 has one byte for the length. */
const CREDENTIAL_BYTES = 255

const decoded = (text: string): string | undefined => {
  try {
    const plain = decodeURIComponent(text)
    return Buffer.byteLength(plain) <= CREDENTIAL_BYTES ? plain : undefined
  } catch {
    return undefined
  }
}
