export type Target = 'desktop' | 'web'
