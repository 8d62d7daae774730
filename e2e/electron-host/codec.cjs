'use strict'
/**
 * Values over the debugging protocol are JSON; this keeps the types that Electron's IPC keeps (structured clone).
 * The same source runs in Node and in the preload's world, so it uses nothing from outside.
 */
function makeCodec() {
  const isNode = typeof Buffer !== 'undefined'
  const toBase64 = (bytes) => (isNode ? Buffer.from(bytes).toString('base64') : bytes.toBase64())
  const fromBase64 = (text) => (isNode ? Uint8Array.from(Buffer.from(text, 'base64')) : Uint8Array.fromBase64(text))
  const typed = /^(?:Big)?(?:Uint|Int|Float)\d+(?:Clamped)?Array$/
  // Works for values that were made in another realm, as `instanceof` does not.
  const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1)
  const uncloneable = () => new Error('An object could not be cloned.')

  function encode(value, above = []) {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (value === undefined) return { $: 'undefined' }
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) }
    if (typeof value === 'number') {
      if (Number.isFinite(value) && !Object.is(value, -0)) return value
      return { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) }
    }
    if (typeof value === 'function' || typeof value === 'symbol') throw uncloneable()
    if (above.includes(value)) throw new Error('electron-host: cyclic values are not supported')
    return encodeObject(value, [...above, value])
  }
  function encodeObject(value, above) {
    const one = (item) => encode(item, above)
    const tag = tagOf(value)
    if (Array.isArray(value)) return value.map(one)
    if (tag === 'Date') return { $: 'Date', v: value.getTime() }
    if (tag === 'RegExp') return { $: 'RegExp', v: [value.source, value.flags] }
    if (tag === 'Map') return { $: 'Map', v: [...value].map(([key, item]) => [one(key), one(item)]) }
    if (tag === 'Set') return { $: 'Set', v: [...value].map(one) }
    if (tag === 'Error') return { $: 'Error', v: [value.name, value.message, value.stack] }
    if (tag === 'ArrayBuffer') return { $: 'ArrayBuffer', v: toBase64(new Uint8Array(value)) }
    if (typed.test(tag))
      return { $: tag, v: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) }
    if (tag === 'Promise' || tag === 'WeakMap') throw uncloneable()
    const plain = Object.fromEntries(Object.keys(value).map((key) => [key, one(value[key])]))
    return '$' in value ? { $: 'object', v: plain } : plain
  }

  const decodeMembers = (value) => Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]))
  const decoders = {
    undefined: () => undefined,
    bigint: BigInt,
    number: Number,
    Date: (time) => new Date(time),
    RegExp: ([source, flags]) => new RegExp(source, flags),
    Map: (entries) => new Map(entries.map(([key, item]) => [decode(key), decode(item)])),
    Set: (items) => new Set(items.map(decode)),
    Error: ([name, message, stack]) => Object.assign(new Error(message), { name, stack }),
    ArrayBuffer: (text) => fromBase64(text).buffer,
    object: decodeMembers,
  }
  function decode(value) {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(decode)
    if (value.$ === undefined) return decodeMembers(value)
    if (Object.hasOwn(decoders, value.$)) return decoders[value.$](value.v)
    if (typed.test(value.$)) return new globalThis[value.$](fromBase64(value.v).buffer)
    throw new Error('electron-host: bad value')
  }
  return { encode: (value) => JSON.stringify(encode(value)), decode: (text) => decode(JSON.parse(text)) }
}
module.exports = { makeCodec }
