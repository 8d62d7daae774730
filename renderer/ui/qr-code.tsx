import classes from './qr-code.module.css'

/** A QR code, drawn row by row. Dark on light in either theme: many cameras read nothing else. */
export function QrCode({ rows, label }: { rows: string[]; label: string }) {
  const size = rows.length
  const path = rows
    .flatMap((row, y) => [...row].flatMap((dark, x) => (dark === '1' ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('')
  return (
    <svg
      className={classes.code}
      viewBox={`-3 -3 ${size + 6} ${size + 6}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <path d={path} />
    </svg>
  )
}
