import { CloseButton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useRef } from 'react'
import { t } from '../texts.ts'

type Props = { label: string; value: string; onChange: (value: string) => void; width?: number | undefined }

/** A search field; Ctrl+F or “/” goes there (`shell/shortcuts.ts`), Escape empties it. */
export function SearchField({ label, value, onChange, width }: Props) {
  const field = useRef<HTMLInputElement>(null)
  const clear = () => {
    onChange('')
    field.current?.focus()
  }
  return (
    <TextInput
      ref={field}
      data-search
      {...(width === undefined ? {} : { w: width })}
      size="sm"
      aria-label={label}
      placeholder={label}
      value={value}
      maxLength={200}
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={value && <CloseButton size="sm" aria-label={t('common.clearSearch')} onClick={clear} />}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !value) return
        // Not further: around it, Escape closes a drawer.
        event.stopPropagation()
        clear()
      }}
    />
  )
}
