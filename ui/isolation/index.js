// Every message of the page passes here before the app sees it. Only these may pass.
const KNOWN = new Set([
  'status',
  'pause',
  'resume',
  'send_practice_job',
  'plugin:event|listen',
  'plugin:event|unlisten',
])

window.__TAURI_ISOLATION_HOOK__ = (message) => (KNOWN.has(message.cmd) ? message : { ...message, cmd: 'refused' })
