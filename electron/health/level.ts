import type { HealthLevel } from '../../shared/contract/health.ts'

const order: HealthLevel[] = ['broken', 'needs-you', 'waiting', 'working', 'ok']

/** The worst of several. What is blocked is a company’s decision and troubles nobody. */
export const worst = (levels: HealthLevel[]): HealthLevel => order.find((level) => levels.includes(level)) ?? 'ok'
