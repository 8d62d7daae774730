import { networkInterfaces } from 'node:os'

type Needs = { onMoved: () => void; everyMs?: number; read?: () => unknown }

/** Tells when this machine’s addresses change: another Wi-Fi, a VPN up or down. No event says so on every system. */
export function watchMoves({ onMoved, everyMs = 10_000, read = readAddresses }: Needs) {
  let before = JSON.stringify(read())
  const timer = setInterval(() => {
    const now = JSON.stringify(read())
    if (now === before) return
    before = now
    onMoved()
  }, everyMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}

function readAddresses() {
  try {
    return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
      (addresses ?? []).filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
    )
  } catch {
    // Some sandboxes forbid looking; then only waking up tells.
    return []
  }
}
