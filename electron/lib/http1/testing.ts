import { connect } from 'node:net'
import { createHttp1 } from './http1.ts'

/** For tests and benches: without proxies, TLS or a limit of time. */
export const createPlainHttp1 = (options: { headMs?: number } = {}) =>
  createHttp1({
    ...options,
    connect(origin) {
      const { hostname, port } = new URL(origin)
      const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 })
      return new Promise((resolve, reject) => {
        socket.once('error', reject)
        socket.once('connect', () => resolve(socket.off('error', reject).setNoDelay(true)))
      })
    },
  })
