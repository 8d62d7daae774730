import type { TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './empty-state.module.css'

type Props = { icon: TablerIcon; title: string; text?: string | undefined; isPage?: boolean; children?: ReactNode }

/** Nothing here yet: why, and the next step. */
export function EmptyState({ icon: Icon, title, text, isPage = false, children }: Props) {
  const Name = isPage ? 'h1' : 'p'
  return (
    <div className={classes.empty}>
      <span className={classes.icon}>
        <Icon size={26} stroke={1.5} aria-hidden />
      </span>
      <Name className={classes.title}>{title}</Name>
      {text && <p className={classes.text}>{text}</p>}
      {children && <div className={classes.actions}>{children}</div>}
    </div>
  )
}
