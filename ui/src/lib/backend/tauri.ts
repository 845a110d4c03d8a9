import { invoke } from '@tauri-apps/api/core'
import { listen } from '@tauri-apps/api/event'
import type { Backend } from './backend'

/** The node behind this window. The only place that knows the names of commands and events. */
export const tauriBackend: Backend = {
  status: () => invoke('status'),
  pause: () => invoke('pause'),
  resume: () => invoke('resume'),
  sendPracticeJob: (prompt) => invoke('send_practice_job', { prompt }),
  wallet: () => invoke('wallet'),
  earnings: () => invoke('earnings'),
  lookAgain: () => invoke('look_again'),
  begin: (wish) => invoke('begin', { wish }),
  goOn: () => invoke('go_on'),
  giveUp: () => invoke('give_up'),
  getPracticeMoney: () => invoke('get_practice_money'),
  skipCooldown: () => invoke('skip_cooldown'),
  settings: () => invoke('settings'),
  setTheme: (theme) => invoke('set_theme', { theme }),
  openLink: (link) => invoke('open_link', { link }),
  quit: () => invoke('quit'),
  reportBlocked: (blocked) => invoke('report_blocked', { blocked }),
  onChanged: (what, changed) => listen(`${what}-changed`, changed),
}
