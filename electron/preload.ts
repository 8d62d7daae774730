import { contextBridge, ipcRenderer } from 'electron'
import { createPreloadCarrier } from './shell/preload-carrier.ts'

contextBridge.exposeInMainWorld('causeway', createPreloadCarrier(ipcRenderer, process.argv))
