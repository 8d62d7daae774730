import { Group } from '@mantine/core'
import { IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { readDiagnostics, useDiagnostics } from '../../stores/diagnostics.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { copyText } from '../../ui/copy.ts'
import { ProblemNote } from '../../ui/problem-note.tsx'
import classes from './help-screen.module.css'

/** The person sees the very text that is copied. */
export function Diagnostics() {
  const { text, problem } = useDiagnostics()
  const [shown, setShown] = useState(false)
  const copy = async () => {
    const fresh = await readDiagnostics()
    if (fresh !== null) await copyText(fresh, t('help.diagnosticsCopied'))
  }
  const toggle = async () => {
    if (!shown) await readDiagnostics()
    setShown(!shown)
  }
  return (
    <>
      <p>{t('help.diagnosticsText')}</p>
      {problem && <ProblemNote problem={problem} onRetry={readDiagnostics} />}
      <Group gap="xs">
        <ActionButton leftSection={<IconCopy size={16} aria-hidden />} onAct={copy}>
          {t('help.diagnosticsCopy')}
        </ActionButton>
        <ActionButton variant="default" onAct={toggle}>
          {shown ? t('help.diagnosticsHide') : t('help.diagnosticsShow')}
        </ActionButton>
      </Group>
      {shown && text !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre className={classes.output} tabIndex={0}>
          {text}
        </pre>
      )}
    </>
  )
}
