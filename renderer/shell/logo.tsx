/** The product's mark: a deck on two arches. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--mantine-color-tide-6)" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
        <path d="M4 13.5h24" />
        <path d="M7.5 22.5v-3.2a4.2 4.2 0 0 1 8.4 0v3.2M16.1 22.5v-3.2a4.2 4.2 0 0 1 8.4 0v3.2" />
      </g>
    </svg>
  )
}
