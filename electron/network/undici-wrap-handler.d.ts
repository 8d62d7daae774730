// Loaded alone: all of undici is ten megabytes of the hub.
declare module 'undici/lib/handler/wrap-handler.js' {
  import type { Dispatcher } from 'undici'

  /** Undici has two forms of handler; `wrap` makes the newer one of either. */
  const WrapHandler: { wrap: (handler: Dispatcher.DispatchHandler) => Dispatcher.DispatchHandler }
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS file, and this is what it exports
  export default WrapHandler
}
