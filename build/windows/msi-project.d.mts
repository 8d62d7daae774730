export function msiProjectCreated(file: string): Promise<void>
