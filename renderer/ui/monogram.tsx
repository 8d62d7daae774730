import type { CSSProperties } from 'react'
import { formatInitials } from './format.ts'
import classes from './monogram.module.css'

type Props = { name: string; size?: number; quiet?: boolean }

/** Two letters on a colour of their own. Other makers' logos are theirs. */
export function Monogram({ name, size = 36, quiet = false }: Props) {
  // Steps of the golden angle keep names that differ little far apart on the wheel.
  const hue = Math.round([...name].reduce((sum, letter) => sum * 7 + (letter.codePointAt(0) ?? 0), 3) * 137.508) % 360
  const style = { '--size': `${size}px`, '--hue': hue } as CSSProperties
  return (
    <span className={`${classes.monogram} ${quiet ? classes.quiet : ''}`} style={style} aria-hidden>
      {formatInitials(name)}
    </span>
  )
}
