import { notifications } from '@mantine/notifications'
import { t } from '../texts.ts'

/** Copies and says so. The app's window is denied every permission, so the old way is tried after the new one. */
export async function copyText(text: string, said: string = t('common.copied')) {
  const done = await navigator.clipboard.writeText(text).then(
    () => true,
    () => copyFromField(text),
  )
  notifications.show({ message: done ? said : t('common.copyFailed'), color: done ? 'tide' : 'red' })
}

function copyFromField(text: string) {
  const focused = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  // Inside an open dialog, whose focus trap would take the focus back from anywhere else.
  const parent = focused?.closest('[role="dialog"]') ?? document.body
  parent.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return done
}
