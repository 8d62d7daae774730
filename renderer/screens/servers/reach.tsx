import { List, Stack } from '@mantine/core'
import type { NetworkStep } from '../../../shared/contract/network.ts'
import type { ServerId } from '../../../shared/ids.ts'
import { openReach, testReach, useReach } from '../../stores/reach.ts'
import { useOpened } from '../../stores/use-opened.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { formatDate } from '../../ui/format.ts'
import { LevelIcon } from '../../ui/level.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'

/** How a server is reached: proxy, TLS, whose certificate; and a test that walks the way. */
export function Reach({ server }: { server: ServerId }) {
  useOpened(() => openReach(server), server)
  const { facts, steps, problem } = useReach()
  const tls = facts?.tls ?? null
  return (
    <Stack gap="md" mt="md">
      {facts && (
        <Facts
          facts={[
            { name: t('reach.proxy'), value: facts.proxy ?? t('reach.straight') },
            { name: t('reach.tls'), value: tls?.protocol ?? t('reach.plain') },
            tls && { name: t('reach.issuer'), value: tls.issuer },
            tls && { name: t('reach.validTo'), value: toDate(tls.validTo) },
            tls?.pinned === true && { name: t('reach.key'), value: t('reach.pinned') },
          ]}
        />
      )}
      {steps && <Steps steps={steps} />}
      {problem && <ProblemNote problem={problem} />}
      <div>
        <ActionButton size="xs" variant="default" onAct={() => testReach(server)}>
          {t('reach.test')}
        </ActionButton>
      </div>
    </Stack>
  )
}

// As OpenSSL writes it, `Jan  1 00:00:00 2028 GMT`; whatever is no date to us is shown as it came.
const toDate = (text: string) => (Number.isNaN(Date.parse(text)) ? text : formatDate(new Date(text).toISOString()))

function Steps({ steps }: { steps: NetworkStep[] }) {
  return (
    <List spacing="xs" aria-label={t('reach.result')} listStyleType="none">
      {steps.map((each) => (
        <List.Item key={each.step} icon={<LevelIcon level={each.ok ? 'ok' : 'broken'} size={16} />}>
          <strong>{t(`reach.steps.${each.step}`)}</strong> {each.ok ? each.found : <Failure step={each} />}
        </List.Item>
      ))}
    </List>
  )
}

const Failure = ({ step: { problem } }: { step: Extract<NetworkStep, { ok: false }> }) => (
  <>
    {t('reach.failed')}: {problem.title}
    {problem.detail && `. ${problem.detail}`}
  </>
)
