import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { FakeBackend } from './fake'
import { tauriBackend } from './tauri'

interface Message {
  cmd: string
  payload?: { event: string }
}

const ISOLATION = readFileSync('isolation/index.js', 'utf8')

/** Whether the frame between the page and the app lets a message pass, by the frame's own script. */
function passes(message: Message): boolean {
  const frame: { __TAURI_ISOLATION_HOOK__?: (message: Message) => Message } = {}
  runInNewContext(ISOLATION, { window: frame })
  return frame.__TAURI_ISOLATION_HOOK__?.(message).cmd === message.cmd
}

function asked(): string[] {
  const found = readFileSync('src/lib/backend/tauri.ts', 'utf8').matchAll(/invoke\('(\w+)'/g)
  return [...found].map(([, name = '']) => name)
}

test('whatever the page asks passes', () => {
  expect(asked().length, 'the commands must be found at all').toBeGreaterThan(15)
  expect(asked().filter((cmd) => !passes({ cmd }))).toEqual([])
})

test('the page hears of what it shows, and can stop to hear it', () => {
  for (const what of ['status', 'money', 'settings', 'account', 'history', 'engines']) {
    expect(passes({ cmd: 'plugin:event|listen', payload: { event: `${what}-changed` } }), what).toBe(true)
  }
  expect(passes({ cmd: 'plugin:event|unlisten' })).toBe(true)
})

test.each<Message>([
  { cmd: 'plugin:event|emit' },
  { cmd: 'plugin:event|listen', payload: { event: 'tauri://drag-drop' } },
  { cmd: 'plugin:event|listen' },
  { cmd: 'plugin:window|close' },
  { cmd: 'constructor' },
])('what the page has no use for does not pass: $cmd', (message) => {
  expect(passes(message)).toBe(false)
})

test('nothing passes that the page does not ask', () => {
  const known = [...ISOLATION.matchAll(/^ {2}'([^']+)',$/gm)].map(([, name = '']) => name)
  expect(known.filter((name) => !name.startsWith('plugin:event|')).sort()).toEqual(asked().sort())
})

test('the fake and the real backend answer the same requests', () => {
  const fake = new FakeBackend()
  for (const request of Object.keys(tauriBackend)) expect(fake, request).toHaveProperty(request)
})
