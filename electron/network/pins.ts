import { createHash, X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** `sha256/…` of a certificate’s public key (SPKI), as in RFC 7469. */
const toPin = (certificate: X509Certificate) =>
  `sha256/${createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`

/**
 * The pins of the chain a server showed, leaf first. Each link is checked by its signature: a certificate the server
 * only adds, without having signed anything here, pins nothing.
 */
export function pinsOf(socket: TLSSocket): string[] {
  const pins: string[] = []
  let shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  let below: X509Certificate | null = null
  while (shown?.raw && pins.length < 10) {
    const certificate = new X509Certificate(shown.raw)
    if (below && !(below.checkIssued(certificate) && below.verify(certificate.publicKey))) break
    pins.push(toPin(certificate))
    if (shown.issuerCertificate === shown) break
    below = certificate
    shown = shown.issuerCertificate
  }
  return pins
}
