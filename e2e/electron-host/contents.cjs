'use strict'
const { randomUUID } = require('node:crypto')
const { EventEmitter } = require('node:events')
const { readFileSync } = require('node:fs')
const { makeCodec } = require('./codec.cjs')
const { preventable } = require('./preventable.cjs')
const { scripts } = require('./worlds.cjs')

const world = 'electron-preload'

/** webContents: one Chromium target, its navigation, and the way between its preload and `ipcMain`. */
function createContents(host) {
  const codec = makeCodec()
  const { toWire, fromWire, handlerOf } = host.wire
  let lastId = 0

  class WebContents extends EventEmitter {
    #preferences
    #targetId
    #send
    #page
    #worldId = null
    #early = []
    #url = ''
    #asked
    #destroyed = false
    #opener
    constructor(window, preferences) {
      super()
      lastId += 1
      this.id = lastId
      this.window = window
      this.session = host.session
      this.#preferences = preferences
      host.contents.set(this.id, this)
      this.#page = this.#create()
      this.#page.catch((error) => host.isQuitting || console.error('electron-host:', error))
      host.app.emit('web-contents-created', {}, this)
    }

    async #create() {
      const { cdp } = host.browser
      const { targetId } = await cdp.send('Target.createTarget', {
        url: 'about:blank',
        newWindow: true,
        ...this.window.size,
      })
      const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: true })
      this.#targetId = targetId
      this.#send = (method, params) => cdp.send(method, params, sessionId)
      this.#listen((method, listener) => cdp.on(method, listener, sessionId))
      await Promise.all([
        this.#send('Page.enable'),
        this.#send('Runtime.enable'),
        this.#send('Inspector.enable'),
        this.#send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
        this.#send('Runtime.addBinding', { name: '__hostSend', executionContextName: world }),
        this.#send('Runtime.addBinding', { name: '__hostOpen' }),
      ])
      await this.#install(this.#preferences)
    }

    async #install({ preload, contextIsolation, sandbox, additionalArguments = [] }) {
      if (contextIsolation === false || sandbox === false)
        throw new Error('electron-host: pages are always isolated and sandboxed')
      const { platform, arch, versions } = process
      const {
        opening,
        page,
        preload: preloadScript,
      } = scripts({
        channel: randomUUID(),
        facts: { platform, arch, versions, argv: ['electron-host', ...additionalArguments] },
        preloadSource: preload ? readFileSync(preload, 'utf8') : '',
        preloadPath: preload ?? 'no-preload',
      })
      await this.#send('Page.addScriptToEvaluateOnNewDocument', { source: opening })
      if (!preload) return
      await this.#send('Page.addScriptToEvaluateOnNewDocument', { source: page })
      await this.#send('Page.addScriptToEvaluateOnNewDocument', { source: preloadScript, worldName: world })
    }

    #listen(on) {
      on('Runtime.executionContextCreated', ({ context }) => {
        if (context.name !== world || context.auxData?.frameId !== this.#targetId) return
        this.#worldId = context.id
        for (const message of this.#early.splice(0)) this.#tell(context.id, message)
      })
      on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
        if (executionContextId === this.#worldId) this.#worldId = null
      })
      on('Runtime.bindingCalled', ({ name, executionContextId, payload }) => {
        if (name === '__hostSend') void this.#hear(executionContextId, payload)
        else if (this.#opener?.({ url: fromWire(payload), disposition: 'foreground-tab' }).action === 'allow')
          console.error('electron-host: child windows are not supported')
      })
      on('Runtime.exceptionThrown', ({ exceptionDetails: { url, exception } }) => {
        if (url !== this.#preferences.preload) return
        this.emit('preload-error', {}, url, new Error(exception?.description))
        console.error('electron-host: the preload threw', exception?.description)
      })
      on('Page.frameNavigated', ({ frame }) => {
        if (frame.parentId || frame.url === 'about:blank') return
        this.#url = fromWire(frame.url)
        this.emit('did-navigate', {}, this.#url, 200, '')
      })
      on('Page.navigatedWithinDocument', ({ url }) => {
        this.#url = fromWire(url)
      })
      on('Page.domContentEventFired', () => this.#url && this.window.emit('ready-to-show'))
      on('Page.loadEventFired', () => this.#url && this.emit('did-finish-load', {}))
      on('Inspector.targetCrashed', () => this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 }))
      on('Fetch.requestPaused', (request) => void this.#answer(request).catch(() => {}))
    }

    /** Every request of the page: a navigation the page started may be prevented, and our schemes are answered here. */
    async #answer({ requestId, request, resourceType, frameId }) {
      const url = fromWire(request.url)
      const finish = (method, more) => this.#send(`Fetch.${method}`, { requestId, ...more })
      if (resourceType === 'Document' && this.#isPrevented(request.url, url, frameId === this.#targetId))
        return finish('failRequest', { errorReason: 'Aborted' })
      const handler = handlerOf(url)
      if (!handler) return finish('continueRequest')
      try {
        const { method, headers, postData } = request
        const response = await handler(new Request(url.replace(/#.*/, ''), { method, headers, body: postData }))
        const body = Buffer.from(await response.arrayBuffer()).toString('base64')
        const responseHeaders = [...response.headers].map(([name, value]) => ({ name, value }))
        return await finish('fulfillRequest', { responseCode: response.status, responseHeaders, body })
      } catch {
        return finish('failRequest', { errorReason: 'FileNotFound' })
      }
    }

    #isPrevented(wire, url, isMainFrame) {
      const byApp = isMainFrame && this.#asked === wire
      if (isMainFrame) this.#asked = undefined
      if (byApp) return false
      const event = preventable({ url, isMainFrame })
      this.emit('will-frame-navigate', event)
      if (isMainFrame && !event.defaultPrevented) this.emit('will-navigate', event, url)
      return event.defaultPrevented
    }

    #tell(contextId, message) {
      const expression = `__hostReceive(${JSON.stringify(codec.encode(message))})`
      return this.#send('Runtime.evaluate', { contextId, expression }).catch(() => {})
    }

    async #hear(contextId, payload) {
      const { t, id, channel, args } = codec.decode(payload)
      const [origin] = /^[\w+.-]+:\/\/[^/?#]*/.exec(this.#url) ?? ['null']
      const senderFrame = { url: this.#url, origin, parent: null, routingId: 1, processId: 1 }
      const event = { sender: this, senderFrame, processId: 1, frameId: 1, type: 'frame' }
      if (t === 'send') {
        host.ipcMain.emit(channel, event, ...args)
        return
      }
      let reply
      try {
        reply = { t: 'reply', id, channel, ok: true, v: await host.ipcMain.answer(event, channel, args) }
        codec.encode(reply)
      } catch (error) {
        reply = { t: 'reply', id, channel, ok: false, v: String(error) }
      }
      await this.#tell(contextId, reply)
    }

    /** Before the page is there it waits; Electron may drop it, so the product asks for state instead. */
    send(channel, ...args) {
      const message = { t: 'event', channel, args }
      codec.encode(message) // throws here, as in Electron, for what cannot cross
      if (this.#worldId === null) this.#early.push(message)
      else void this.#tell(this.#worldId, message)
    }
    async loadURL(url) {
      await this.#page
      this.#asked = toWire(url).replace(/#.*/, '')
      const { errorText } = await this.#send('Page.navigate', { url: toWire(url) })
      if (errorText) throw new Error(`${errorText} loading '${url}'`)
    }
    reload() {
      void this.#send('Page.reload')
    }
    getURL() {
      return this.#url
    }
    isDestroyed() {
      return this.#destroyed
    }
    setWindowOpenHandler(handler) {
      this.#opener = handler
    }
    /** For the host. */
    gone() {
      this.#destroyed = true
      host.contents.delete(this.id)
      this.emit('destroyed')
    }
    async closePage() {
      try {
        await this.#page
        await host.browser.cdp.send('Target.closeTarget', { targetId: this.#targetId })
      } catch {
        // The page, or Chromium, went first.
      }
    }
    static fromDevToolsTargetId(targetId) {
      return [...host.contents.values()].find((contents) => contents.#targetId === targetId)
    }
    static getAllWebContents() {
      return [...host.contents.values()]
    }
  }
  return WebContents
}
module.exports = { createContents }
