import type { CSSProperties } from 'react'
import { formatInitials } from './format.ts'
import classes from './monogram.module.css'

type Props = { name: string; size?: number; quiet?: boolean }

/** Two letters on a colour of their own. Other makers' logos are theirs. */
export function Monogram({ name, size = 36, quiet = false }: Props) {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7)
  const style = { '--size': `${size}px`, '--hue': hue } as CSSProperties
  return (
    <span className={`${classes.monogram} ${quiet ? classes.quiet : ''}`} style={style} aria-hidden>
      {formatInitials(name)}
    </span>
  )
}
