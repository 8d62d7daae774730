import { Button, type ButtonProps } from '@mantine/core'
import { type ReactNode, useState } from 'react'

type Props = ButtonProps & {
  onAct: () => unknown
  children: ReactNode
  autoFocus?: boolean
  'aria-label'?: string
}

/** A button that shows that its work is under way, and cannot start it twice. */
export function ActionButton({ onAct, children, ...rest }: Props) {
  const [busy, setBusy] = useState(false)
  const act = async () => {
    setBusy(true)
    try {
      await onAct()
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button {...rest} loading={busy} onClick={() => void act()}>
      {children}
    </Button>
  )
}
