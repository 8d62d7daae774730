/** 0 done · 1 a problem, on stderr or as `{"error":…}` · 2 wrong usage · `status`: 3 needs you, 4 waiting, 5 broken. */
export const exitCodes = { done: 0, problem: 1, usage: 2, needsYou: 3, waiting: 4, broken: 5 } as const

/** What one command has to say, in both forms. */
export type Result = { json: unknown; text: string; code?: number }
