import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './screen.module.css'

type Props = {
  title: ReactNode
  /** Stands before the title. */
  sign?: ReactNode
  note?: ReactNode
  actions?: ReactNode
  /** The content fills the height and scrolls by itself: long lists. */
  fill?: boolean
  children: ReactNode
}

/** What every screen has: its name, a line about it, its actions, and one thing that scrolls. */
export function Screen({ title, sign, note, actions, fill = false, children }: Props) {
  return (
    <div className={classes.screen}>
      <div className={`${classes.head} ${fill ? '' : classes.narrow}`}>
        <div className={classes.line}>
          {sign}
          <div className={classes.names}>
            <Title order={1}>{title}</Title>
            {note && <p>{note}</p>}
          </div>
          {actions && <div className={classes.actions}>{actions}</div>}
        </div>
      </div>
      {fill ? (
        <div className={classes.fill}>{children}</div>
      ) : (
        <div className={classes.body}>
          <div className={classes.inner}>{children}</div>
        </div>
      )}
    </div>
  )
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <Title order={2}>
        {title}
        {aside}
      </Title>
      {children}
    </section>
  )
}

export function Card({ children, className = '' }: { children: ReactNode; className?: string | undefined }) {
  return <div className={`${classes.card} ${className}`}>{children}</div>
}
