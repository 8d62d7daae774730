import { NativeSelect, type NativeSelectProps } from '@mantine/core'
import classes from './choice.module.css'

type Option = { value: string; label: string }
type Props = Pick<NativeSelectProps, 'aria-label' | 'aria-describedby' | 'disabled' | 'w'> & {
  data: Option[]
  value: string
  onChange: (value: string) => void
}

/** One of several. The browser's own list: it needs no script, and keyboards and screen readers know it. */
export function Choice({ onChange, ...rest }: Props) {
  return (
    <NativeSelect
      {...rest}
      size="sm"
      classNames={{ input: classes.input }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
