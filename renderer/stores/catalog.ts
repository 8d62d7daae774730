import type { CatalogState } from '../../shared/contract/catalog.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useCatalog = createMirror<CatalogState>()
export const openCatalog = () => openMirror(useCatalog, api.catalog)

export const refreshCatalog = () => act(useCatalog, () => api.catalog.refresh())
