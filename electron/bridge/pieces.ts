const mostLoose = 256
const small = 8 * 1024

/**
 * What comes in pieces and is wanted whole. Small ones are gathered as they come: a million of one byte each would cost
 * a hundred times their size, and each may hold on to the much larger chunk that it was cut from.
 */
export function createPieces() {
  let kept: Buffer[] = []
  let loose: Buffer[] = []
  let looseBytes = 0
  let bytes = 0

  function gather() {
    if (looseBytes < loose.length * small) kept.push(Buffer.concat(loose))
    else kept.push(...loose)
    loose = []
    looseBytes = 0
  }

  return {
    add(piece: Buffer) {
      bytes += piece.length
      looseBytes += piece.length
      if (loose.push(piece) >= mostLoose) gather()
    },
    bytes: () => bytes,
    /** How many buffers it takes to keep them. */
    count: () => kept.length + loose.length,
    parts: () => (kept.length === 0 ? loose : [...kept, ...loose]),
    /** All of it in one piece; nothing is left here. */
    take(): Buffer {
      const all = kept.length === 0 && loose.length === 1 ? (loose[0] as Buffer) : Buffer.concat([...kept, ...loose])
      kept = []
      loose = []
      looseBytes = 0
      bytes = 0
      return all
    },
  }
}
