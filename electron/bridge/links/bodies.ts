import { pipeline, Readable } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Problem } from '../../../shared/problems.ts'
import type { Body } from '../../lib/http1/response-body.ts'
import { createPieces } from '../pieces.ts'
import { toNetworkProblem } from './network-problem.ts'

// Whatever has come so far is handed on at once: a compressed event stream must not wait for a full block.
const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const brotliFlush = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH }

const decoders: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  gzip: () => createGunzip(flush),
  'x-gzip': () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress(brotliFlush),
}

/** The body as its sender meant it. It is decompressed as it is read, so the reader’s limits count real bytes. */
export function decompress(body: Body, contentEncoding: string | undefined): Body {
  // A body may break after its reader has left; that is nobody’s concern then, and no crash.
  if (body instanceof Readable) body.on('error', () => {})
  if (!contentEncoding) return body
  const encodings = contentEncoding.toLowerCase().split(',')
  const names = encodings.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity')
  // Each layer multiplies what a bomb can cost; servers use one, proxies at most add one.
  if (names.length > 2) throw new Problem('bridge.bad-answer', `it is compressed ${names.length} times`)
  return names.reduceRight((source: Body, name) => {
    const decoder = decoders[name]?.()
    if (!decoder) throw new Problem('bridge.bad-answer', `it is compressed as “${name.slice(0, 20)}”`)
    decoder.on('error', () => {})
    return pipeline(source, decoder, () => {}) as Readable
  }, body)
}

type Whole = { body: Body; host: string; header: (name: string) => string | undefined }

/**
 * The whole body. Past the limit it throws and lets the connection go, as it does where the rest does not come; what
 * says beforehand that it will be too large is not read.
 */
export async function readAll({ body, host, header }: Whole, maxBytes: number, stallMs: number): Promise<Buffer> {
  const pieces = createPieces()
  const declared = Number(header('content-length') ?? 0)
  if (declared > maxBytes) {
    body.destroy()
    throw new Problem('bridge.answer-too-large', `${toMegabytes(declared)}, the limit is ${toMegabytes(maxBytes)}`)
  }
  let stalled: NodeJS.Timeout | undefined
  const giveUp = () =>
    body.destroy(new Problem('bridge.timeout', `${host} stopped in the middle of its answer, ${stallMs / 1000} s ago`))
  try {
    for await (const chunk of body) {
      pieces.add(chunk)
      if (pieces.bytes() > maxBytes) throw new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxBytes)}`)
      if (stalled) stalled.refresh()
      else stalled = setTimeout(giveUp, stallMs)
    }
  } catch (error) {
    throw toNetworkProblem(error, host)
  } finally {
    clearTimeout(stalled)
  }
  return pieces.take()
}

const worthReading = 64 * 1024
const worthWaitingMs = 5_000

/**
 * The first bytes of a body of no great interest. A short one is read to its end, so that its connection is kept; one
 * that does not end soon is let go with it.
 */
export async function readSome(body: Body, waitMs = worthWaitingMs): Promise<Buffer> {
  const pieces = createPieces()
  const late = setTimeout(() => body.destroy(), waitMs)
  try {
    for await (const chunk of body) {
      pieces.add(chunk)
      if (pieces.bytes() > worthReading) break
    }
  } catch {
    // What came before it broke is as good.
  } finally {
    clearTimeout(late)
  }
  return pieces.take()
}

export const toMegabytes = (bytes: number) =>
  bytes >= 1024 * 1024 ? `${Math.round(bytes / (1024 * 1024))} MB` : `${Math.ceil(bytes / 1024)} kB`
