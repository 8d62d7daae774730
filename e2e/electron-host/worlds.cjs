'use strict'
const { makeCodec } = require('./codec.cjs')

/**
 * Runs in a page, once in its own world and once in the isolated world of the preload. The two share only the DOM:
 * values cross by structured clone (CustomEvent.detail) and functions as ids, as Electron's contextBridge does it.
 * The page may replace built-ins later, so what is needed is taken at once.
 */
function makeBridge(channel, me, other) {
  const { keys, freeze, hasOwn, defineProperty, getPrototypeOf, assign } = Object
  const { isArray } = Array
  const EventClass = CustomEvent
  const dispatch = window.dispatchEvent.bind(window)
  const functions = new Map()
  const proxies = new Map()
  const waiting = new Map()
  let lastId = 0
  let expose = null
  let returned = null

  function map(list, each) {
    const result = []
    for (let at = 0; at < list.length; at += 1) result[at] = each(list[at])
    return result
  }
  function mapMembers(object, each) {
    const result = {}
    const names = keys(object)
    for (let at = 0; at < names.length; at += 1) result[names[at]] = each(object[names[at]])
    return result
  }
  const newId = () => {
    lastId += 1
    return `${me}${lastId}`
  }
  const send = (message) => dispatch(new EventClass(`${channel}:${other}`, { detail: message }))

  function idOf(fn) {
    for (const [id, known] of functions) if (known === fn) return id
    const id = newId()
    functions.set(id, fn)
    return id
  }
  function packPromise(promise) {
    const p = newId()
    promise.then(
      (value) => send({ t: 'settle', p, ok: true, v: pack(value) }),
      (error) => send({ t: 'settle', p, ok: false, v: packError(error) }),
    )
    return { p }
  }
  function pack(value) {
    if (typeof value === 'function') return { f: idOf(value) }
    if (value && typeof value.then === 'function') return packPromise(value)
    if (isArray(value)) return { a: map(value, pack) }
    if (typeof value === 'symbol') return { v: undefined }
    if (value && typeof value === 'object') {
      const prototype = getPrototypeOf(value)
      if (prototype === null || prototype.constructor?.name === 'Object') return { o: mapMembers(value, pack) }
    }
    return { v: value }
  }
  const packError = (error) => ({
    o: { name: { v: error?.name ?? 'Error' }, message: { v: String(error?.message ?? error) } },
  })
  const toError = ({ name, message }) => assign(new Error(message), { name: name === 'TypeError' ? name : 'Error' })

  function makeProxy(id) {
    return (...args) => {
      returned = null
      send({ t: 'call', f: id, args: map(args, pack) })
      const answer = returned
      returned = null
      if (!answer) throw new Error('electron-host: the bridge gave no answer')
      if (!answer.ok) throw toError(unpack(answer.v, false))
      return unpack(answer.v, false)
    }
  }
  function unpack(data, frozen) {
    if ('f' in data) {
      if (!proxies.has(data.f)) proxies.set(data.f, makeProxy(data.f))
      return proxies.get(data.f)
    }
    if ('p' in data) return new Promise((resolve, reject) => waiting.set(data.p, { resolve, reject }))
    const inner = (item) => unpack(item, frozen)
    if ('a' in data) return frozen ? freeze(map(data.a, inner)) : map(data.a, inner)
    if ('o' in data) return frozen ? freeze(mapMembers(data.o, inner)) : mapMembers(data.o, inner)
    return data.v
  }

  const failed = (message) => ({ ok: false, v: packError(new Error(message)) })
  const hear = {
    call({ f, args }) {
      let answer
      try {
        answer = { ok: true, v: pack(functions.get(f)(...map(args, (arg) => unpack(arg, false)))) }
      } catch (error) {
        answer = { ok: false, v: packError(error) }
      }
      send({ t: 'return', ...answer })
    },
    return(message) {
      returned = message
    },
    settle({ p, ok, v }) {
      const { resolve, reject } = waiting.get(p)
      waiting.delete(p)
      if (ok) resolve(unpack(v, false))
      else reject(toError(unpack(v, false)))
    },
    hello: () => expose?.(),
    expose({ key, v }) {
      if (hasOwn(window, key)) {
        const text = `Cannot bind an API on top of an existing property on the window object: ${key}`
        send({ t: 'return', ...failed(text) })
        return
      }
      defineProperty(window, key, { value: unpack(v, true), enumerable: true, writable: false, configurable: false })
      send({ t: 'return', ok: true, v: { v: undefined } })
    },
  }
  window.addEventListener(`${channel}:${me}`, (event) => {
    event.stopImmediatePropagation()
    // A detail that cannot be cloned arrives as null.
    if (event.detail === null) returned = failed('An object could not be cloned.')
    else hear[event.detail.t](event.detail)
  })

  return {
    hello: () => send({ t: 'hello' }),
    expose(key, api) {
      const tell = () => {
        returned = null
        send({ t: 'expose', key, v: pack(api) })
        return returned
      }
      const answer = tell()
      // The page's world is not there yet: it says hello when it is.
      if (answer === null)
        expose = () => {
          expose = null
          tell()
        }
      else if (!answer.ok) throw toError(unpack(answer.v, false))
    },
  }
}

/** What a sandboxed preload finds: `electron`, `timers`, `url`, a frozen `process`. Runs in the isolated world. */
function runPreload(facts, bridge, codec, preload) {
  const listeners = new Map()
  const pending = new Map()
  let lastId = 0
  const post = (message) => globalThis.__hostSend(codec.encode(message))
  const listenersOf = (channel) => listeners.get(channel) ?? listeners.set(channel, []).get(channel)

  const ipcRenderer = {
    invoke: (channel, ...args) =>
      new Promise((resolve, reject) => {
        lastId += 1
        const id = lastId
        post({ t: 'invoke', id, channel, args })
        pending.set(id, { resolve, reject })
      }),
    send: (channel, ...args) => post({ t: 'send', channel, args }),
    on(channel, listener) {
      listenersOf(channel).push(listener)
      return ipcRenderer
    },
    off(channel, listener) {
      const all = listenersOf(channel)
      const at = all.indexOf(listener)
      if (at >= 0) all.splice(at, 1)
      return ipcRenderer
    },
  }
  Object.defineProperty(globalThis, '__hostReceive', {
    value: (text) => {
      const message = codec.decode(text)
      if (message.t === 'event') {
        for (const listener of [...listenersOf(message.channel)])
          listener({ sender: ipcRenderer, ports: [] }, ...message.args)
        return
      }
      const { resolve, reject } = pending.get(message.id)
      pending.delete(message.id)
      if (message.ok) resolve(message.v)
      else reject(new Error(`Error invoking remote method '${message.channel}': ${message.v}`))
    },
  })
  const modules = {
    electron: { ipcRenderer, contextBridge: { exposeInMainWorld: (key, api) => bridge.expose(key, api) } },
    timers: { setTimeout, setInterval, clearTimeout, clearInterval },
    url: { URL, URLSearchParams },
  }
  const require = (name) => {
    const plain = name.replace(/^node:/, '').replace(/^electron\/renderer$/, 'electron')
    if (Object.hasOwn(modules, plain)) return modules[plain]
    throw new Error(`module not found: ${name}`)
  }
  const process = Object.freeze({ ...facts, type: 'renderer', sandboxed: true, contextIsolated: true, env: {} })
  const module = { exports: {} }
  preload(require, module, module.exports, process, globalThis)
}

/** `window.open` and `target=_blank` never leave the page: the app's handler is asked, and no child window is made. */
function catchOpening() {
  const ask = globalThis.__hostOpen
  delete globalThis.__hostOpen
  window.open = (url) => {
    ask(new URL(url, location.href).href)
    return null
  }
  addEventListener('click', (event) => {
    const link = event.composedPath().find((node) => node.tagName === 'A' && node.target === '_blank' && node.href)
    if (!link || event.defaultPrevented) return
    event.preventDefault()
    ask(link.href)
  })
}

/** The scripts for every new document: one for the page's world, one for the preload's. */
function scripts({ channel, facts, preloadSource, preloadPath }) {
  const name = JSON.stringify(`host-${channel}`)
  const onlyTop = "if (window.top !== window || location.href === 'about:blank') return"
  return {
    opening: `(${catchOpening})()`,
    page: `(()=>{${onlyTop};(${makeBridge})(${name},'page','preload').hello()})()`,
    preload: `(()=>{${onlyTop};const codec=(${makeCodec})();const bridge=(${makeBridge})(${name},'preload','page');(${runPreload})(${JSON.stringify(facts)},bridge,codec,function(require,module,exports,process,global){${preloadSource}\n})})()\n//# sourceURL=${preloadPath}`,
  }
}
module.exports = { scripts }
