import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'
import { t } from '../texts.ts'

/** What stands where rows will be. */
export function RowsSkeleton({ count = 5, height = 56 }: { count?: number; height?: number }) {
  return (
    <Stack gap={8} role="status">
      <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={index} height={height} radius="md" />
      ))}
    </Stack>
  )
}
