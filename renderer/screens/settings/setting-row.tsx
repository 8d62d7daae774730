import type { ReactNode } from 'react'
import classes from './settings-screen.module.css'

type RowProps = { name: string; text?: string | undefined; textId?: string; children: ReactNode }

/** One choice: its name, what it means, and what is chosen. */
export function SettingRow({ name, text, textId, children }: RowProps) {
  return (
    <div className={classes.row}>
      <div>
        <p>{name}</p>
        {text && <small id={textId}>{text}</small>}
      </div>
      <div>{children}</div>
    </div>
  )
}
