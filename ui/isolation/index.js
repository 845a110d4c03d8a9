// Every message of the page passes here before the app sees it. Only these may pass.
const KNOWN = new Set([
  'status',
  'pause',
  'resume',
  'send_practice_job',
  'wallet',
  'earnings',
  'look_again',
  'begin',
  'go_on',
  'give_up',
  'get_practice_money',
  'skip_cooldown',
  'account',
  'look_at_account',
  'manage_account',
  'keep_key',
  'history',
  'jobs',
  'payouts',
  'rates',
  'look_at_rates',
  'save_jobs',
  'save_payouts',
  'engines',
  'find_servers',
  'look_at_server',
  'add_server',
  'add_own_model',
  'change_engine',
  'remove_engine',
  'coordinator',
  'set_coordinator',
  'settings',
  'set_theme',
  'open_link',
  'quit',
  'report_blocked',
  'plugin:event|unlisten',
])

// What the page may hear of. Other events carry what is not for it, such as the paths of dropped files.
const EVENTS = new Set(['status-changed', 'money-changed', 'settings-changed', 'account-changed', 'history-changed', 'engines-changed'])

const mayPass = ({ cmd, payload }) => (cmd === 'plugin:event|listen' ? EVENTS.has(payload?.event) : KNOWN.has(cmd))

window.__TAURI_ISOLATION_HOOK__ = (message) => (mayPass(message) ? message : { ...message, cmd: 'refused' })
