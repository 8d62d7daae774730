/**
 * `HTTP_NOT_SPOKEN`: what came is no answer of HTTP/1.1. `HTTP_ENDLESS_HEADERS`: more than a head may have.
 * `HTTP_SLOW_HEADERS`: a head that began and did not end in time. `ECONNRESET`: the connection ended before the answer
 * did, as Node says it.
 */
export type HttpErrorCode = 'HTTP_NOT_SPOKEN' | 'HTTP_ENDLESS_HEADERS' | 'HTTP_SLOW_HEADERS' | 'ECONNRESET'

export class HttpError extends Error {
  override name = 'HttpError'
  readonly code: HttpErrorCode

  constructor(code: HttpErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export const notSpoken = (why: string) => new HttpError('HTTP_NOT_SPOKEN', why)
export const cutOff = () => new HttpError('ECONNRESET', 'the connection ended before the answer did')
