import { useClock } from '../stores/clock.ts'
import { formatDateTime, formatTimeAgo } from './format.ts'

/** “2 minutes ago”, with the exact time on hover. */
export function TimeAgo({ time }: { time: string }) {
  const now = useClock((clock) => clock.now)
  // The clock ticks every 15 s; what happened since is not in the future.
  const text = formatTimeAgo(time, new Date(Math.max(now.getTime(), new Date(time).getTime())))
  return (
    <time dateTime={time} title={formatDateTime(time)}>
      {text}
    </time>
  )
}
