import type { ReactNode } from 'react'
import type { PolicyRow } from '../../../shared/contract/policy.ts'
import { LockNote } from '../../ui/lock-note.tsx'
import classes from './settings-screen.module.css'

type RowProps = {
  name: string
  text?: string | undefined
  textId?: string
  /** Set where IT decided; the control is disabled then. */
  lock?: PolicyRow | undefined
  children: ReactNode
}

/** One choice: its name, what it means, what is chosen, and who decided where it is not the person. */
export function SettingRow({ name, text, textId, lock, children }: RowProps) {
  return (
    <div className={classes.row}>
      <div>
        <p>{name}</p>
        <span id={textId}>
          {text && <small>{text}</small>}
          {lock && <LockNote lock={lock} />}
        </span>
      </div>
      <div>{children}</div>
    </div>
  )
}
