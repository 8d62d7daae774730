// What the TypeScript of this folder uses of setup.mjs, which is JavaScript because it runs before anything is installed.
export function binScript(name: string, program?: string): string
