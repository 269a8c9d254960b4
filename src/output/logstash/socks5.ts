/**
 * Asking a SOCKS5 proxy for a connection.
 *
 * **Source** RFC 1928, and RFC 1929 for user name and password
 */
import { isIPv4, isIPv6, type Socket } from "node:net"
import { Effect, Redacted } from "effect"
import { type ConnectFailure, connectFailure } from "./ConnectFailure.ts"
import { type HostAddress, type ProxyOptions, showAddress } from "./LogstashOptions.ts"
import { readExactly } from "./readExactly.ts"

const VERSION = 5
const NO_AUTHENTICATION = 0
const USERNAME_PASSWORD = 2
const USERNAME_PASSWORD_VERSION = 1
const CONNECT = 1
const IPV4 = 1
const DOMAIN_NAME = 3
const IPV6 = 4
const IPV4_BYTES = 4
const IPV6_BYTES = 16
const PORT_BYTES = 2

/** The refusals of RFC 1928, section 6. */
const refusals: ReadonlyArray<string> = [
  "",
  "it has failed",
  "its rules do not allow it",
  "the network is unreachable from there",
  "the host is unreachable from there",
  "nothing listens there",
  "the way there is too long",
  "it does not know how to connect",
  "it does not take this kind of address"
]

/**
 * Has the proxy at the other end of the socket connect it to the address.
 *
 * **Shape** Names are the proxy's to resolve.
 */
export const connectThrough = Effect.fnUntraced(function* (
  socket: Socket,
  proxy: ProxyOptions,
  address: HostAddress
): Effect.fn.Return<void, ConnectFailure> {
  const refused = (what: string) =>
    connectFailure(address, "ProxyRefused", `the proxy ${showAddress(proxy)} does not connect us: ${what}`)
  const read = (count: number) => readExactly(socket, count, refused("it has closed the connection"))

  const method = proxy.credentials === undefined ? NO_AUTHENTICATION : USERNAME_PASSWORD
  socket.write(Buffer.of(VERSION, 1, method))
  const [version, chosen] = yield* read(2)
  if (version !== VERSION) return yield* refused("it does not speak SOCKS5")
  if (chosen !== method) {
    return yield* refused(
      proxy.credentials === undefined
        ? "it wants a user name and a password; give them in proxy_url as in socks5://user:password@proxy:1080"
        : "it takes no user name and password; remove them from proxy_url"
    )
  }
  if (proxy.credentials !== undefined) {
    const { password, username } = proxy.credentials
    const parts = [username, Redacted.value(password)].map((text) => Buffer.from(text))
    const fields = parts.flatMap((bytes) => [Buffer.of(bytes.byteLength), bytes])
    socket.write(Buffer.concat([Buffer.of(USERNAME_PASSWORD_VERSION), ...fields]))
    const [, status] = yield* read(2)
    if (status !== 0) return yield* refused("it does not accept the user name and password of proxy_url")
  }

  const port = Buffer.of(address.port >> 8, address.port & 0xff)
  socket.write(Buffer.concat([Buffer.of(VERSION, CONNECT, 0), destination(address.host), port]))
  const [, reply = 1, , kind] = yield* read(4)
  if (reply !== 0) return yield* refused(refusals[reply] ?? `it answers ${reply}`)
  const [length = 0] = kind === DOMAIN_NAME ? yield* read(1) : [kind === IPV6 ? IPV6_BYTES : IPV4_BYTES]
  yield* read(length + PORT_BYTES)
})

const destination = (host: string): Buffer => {
  if (isIPv4(host)) return Buffer.of(IPV4, ...host.split(".").map(Number))
  if (isIPv6(host)) return Buffer.concat([Buffer.of(IPV6), ipv6Bytes(host)])
  const name = Buffer.from(host)
  return Buffer.concat([Buffer.of(DOMAIN_NAME, name.byteLength), name])
}

/** The URL parser knows every way to write an IPv6 address, and writes each part in at most four hex digits. */
const ipv6Bytes = (host: string): Buffer => {
  const [before = "", after] = new URL(`http://[${host}]`).hostname.slice(1, -1).split("::")
  const [front, back] = [partsOf(before), partsOf(after ?? "")]
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
  return Buffer.from(all.flatMap((part) => [part >> 8, part & 0xff]))
}

const partsOf = (text: string) => (text === "" ? [] : text.split(":").map((part) => Number.parseInt(part, 16)))
