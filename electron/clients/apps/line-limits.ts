/**
 * For apps with a reader of their own. The official library, which most others are built on, goes deaf beyond 10 MiB,
 * and that is what counts where nothing is said.
 */
export const ownReader = 64 * 1024 * 1024
