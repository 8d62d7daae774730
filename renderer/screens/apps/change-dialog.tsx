import { Button, Checkbox, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCircleCheck, IconRotateClockwise } from '@tabler/icons-react'
import type { Preview } from '../../../shared/contract/clients.ts'
import {
  type Change,
  type ChangeKind,
  closeChange,
  makeChange,
  setNow,
  showAgain,
  showChange,
  useChange,
  useClients,
} from '../../stores/clients.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { DiffView } from '../../ui/diff-view.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { PolicyNote } from './app-policy.tsx'
import classes from './change-dialog.module.css'

const titles: Record<ChangeKind, (app: string) => string> = {
  'set-up': (app) => t('change.setUp', { app }),
  update: (app) => t('change.update', { app }),
  repair: (app) => t('change.repair', { app }),
  undo: (app) => t('change.undo', { app }),
  restore: (app) => t('change.restore', { app }),
}

const setUp = (app: string) => t('change.doneSetUp', { app })
const done: Record<ChangeKind, (app: string) => string> = {
  ...{ 'set-up': setUp, update: setUp, repair: setUp },
  undo: (app) => t('change.doneUndo', { app }),
  restore: (app) => t('change.doneRestore', { app }),
}
const labels: Partial<Record<ChangeKind, () => string>> = {
  undo: () => t('change.applyUndo'),
  restore: () => t('change.applyRestore'),
}

const label = ({ kind, now, preview }: Pick<NonNullable<Change>, 'kind' | 'now' | 'preview'>) =>
  preview?.waits && !now ? t('change.applyLater') : (labels[kind]?.() ?? t('change.apply'))

/** The exact change to an app's config file, before it is made. */
export function ChangeDialog() {
  const change = useChange((state) => state.change)
  const app = useClients(({ value }) => value?.find(({ id }) => id === change?.client)?.name ?? change?.client ?? '')
  return (
    <Modal opened={change !== null} onClose={closeChange} size={720} title={change && titles[change.kind](app)}>
      {change && <Content app={app} />}
    </Modal>
  )
}

function Content({ app }: { app: string }) {
  const change = useChange((state) => state.change)
  if (!change) return null
  const { client, kind, overwrite, now, preview, problem } = change
  const apply = async () => {
    const outcome = await makeChange()
    if (outcome) notifications.show({ message: outcome === 'waits' ? t('change.doneWaits', { app }) : done[kind](app) })
  }
  const again = () => showAgain(change)
  const taken = preview?.entries.some(({ result }) => result === 'conflict' || result === 'drift')
  return (
    <>
      <Stack gap="sm">
        {problem && <ProblemNote problem={problem} path={preview?.path} client={client} onRetry={again} />}
        {preview ? <PreviewView preview={preview} /> : !problem && <Skeleton height={180} radius="md" />}
        {/* What nobody here can know stands among the details of the app. */}
        {preview?.policy && preview.policy.verdict !== 'unknown' && <PolicyNote policy={preview.policy} />}
        {kind !== 'undo' && kind !== 'restore' && (overwrite || taken) && (
          <Checkbox
            label={t('change.overwrite')}
            description={t('change.overwriteText')}
            checked={overwrite}
            onChange={(event) => void showChange(client, kind, event.currentTarget.checked)}
          />
        )}
        {preview?.waits && (
          <>
            <div className={classes.waits}>
              <IconRotateClockwise size={16} aria-hidden />
              {t('change.waits', { app })}
            </div>
            <Checkbox
              label={t('change.now')}
              description={t('change.nowText', { app })}
              checked={now}
              onChange={(event) => setNow(event.currentTarget.checked)}
            />
          </>
        )}
      </Stack>
      <div className={classes.foot}>
        <p>{preview?.diff && !preview.newFile && t('change.kept')}</p>
        <Button variant="default" onClick={closeChange}>
          {preview?.diff === '' ? t('common.close') : t('common.cancel')}
        </Button>
        {problem && (
          <ActionButton variant="default" onAct={again}>
            {t('change.again')}
          </ActionButton>
        )}
        {preview?.diff && !problem && <ActionButton onAct={apply}>{label(change)}</ActionButton>}
      </div>
    </>
  )
}

function PreviewView({ preview: { path, newFile, diff, entries } }: { preview: Preview }) {
  if (diff === '')
    return <EmptyState icon={IconCircleCheck} title={t('change.nothing')} text={t('change.nothingText')} />
  return (
    <div>
      <Text>{newFile ? t('change.introNew') : t('change.intro')}</Text>
      <div className={classes.path}>{path}</div>
      <ul className={classes.entries}>
        {entries
          .filter(({ result }) => result !== 'unchanged')
          .map(({ server, result }) => (
            <li key={server} className={classes.entry} data-result={result}>
              <b>{server}</b> {t(`change.results.${result}`)}
            </li>
          ))}
      </ul>
      <DiffView diff={diff} label={t('change.diff', { path })} />
    </div>
  )
}
