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
  'settings',
  'set_theme',
  'open_link',
  'quit',
  'report_blocked',
  'plugin:event|unlisten',
])

// What the page may hear of. Other events carry what is not for it, such as the paths of dropped files.
const EVENTS = new Set(['status-changed', 'money-changed', 'settings-changed'])

const mayPass = ({ cmd, payload }) => (cmd === 'plugin:event|listen' ? EVENTS.has(payload?.event) : KNOWN.has(cmd))

window.__TAURI_ISOLATION_HOOK__ = (message) => (mayPass(message) ? message : { ...message, cmd: 'refused' })
