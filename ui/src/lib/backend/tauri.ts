import { invoke } from '@tauri-apps/api/core'
import { listen } from '@tauri-apps/api/event'
import type { Backend, Status } from './backend'

/** The node behind this window. The only place that knows the names of commands and events. */
export const tauriBackend: Backend = {
  status: () => invoke<Status>('status'),
  pause: () => invoke<void>('pause'),
  resume: () => invoke<void>('resume'),
  sendPracticeJob: (prompt) => invoke<string>('send_practice_job', { prompt }),
  onStatusChanged: (changed) => listen('status-changed', changed),
}
