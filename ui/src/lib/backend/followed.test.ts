import { expect, test, vi } from 'vitest'
import { FakeBackend } from './fake'
import { Followed } from './followed.svelte'
import { aStatus, aWallet } from './samples'

function statusOf(backend: FakeBackend): Followed<ReturnType<typeof aStatus>> {
  return new Followed(backend.status, (changed) => backend.onChanged('status', changed))
}

test('an event makes the screen read the truth again', async () => {
  const backend = new FakeBackend()
  const status = statusOf(backend)
  const stop = status.follow()
  await vi.waitFor(() => expect(status.value?.phase.kind).toBe('waiting'))
  backend.changeStatus({ phase: { kind: 'working' } })
  await vi.waitFor(() => expect(status.value?.phase.kind).toBe('working'))
  stop()
  await vi.waitFor(() => expect(backend.listeners).toBe(0))
})

test('an event about something else leads to no read', async () => {
  const backend = new FakeBackend({ wallet: aWallet() })
  const status = statusOf(backend)
  const stop = status.follow()
  await vi.waitFor(() => expect(backend.count('status')).toBe(2))
  backend.changeWallet({ trouble: 'wrong-node' })
  await status.read()
  expect(backend.count('status'), 'only our own read came on top').toBe(3)
  stop()
})

test('a storm of events leads to few reads', async () => {
  const backend = new FakeBackend()
  const status = statusOf(backend)
  await Promise.all(Array.from({ length: 100 }, () => status.read()))
  expect(backend.count('status')).toBe(2)
})

test('whoever asks for a read has the truth of that moment when it ends', async () => {
  const backend = new FakeBackend()
  const status = statusOf(backend)
  const first = status.read()
  backend.changeStatus({ jobsDone: 8 })
  await status.read()
  expect(status.value?.jobsDone).toBe(8)
  await first
})

test('a failed read keeps the last value and says so; the next good one clears it', async () => {
  const backend = new FakeBackend({ status: aStatus({ jobsDone: 7 }) })
  const status = statusOf(backend)
  await status.read()
  backend.failure = new Error('gone')
  await status.read()
  expect(status.answers).toBe(false)
  expect(status.value?.jobsDone, 'a number never falls to nothing while it cannot be read').toBe(7)
  backend.failure = null
  await status.read()
  expect(status.answers).toBe(true)
})

test('nothing that was read is told from nothing read yet', async () => {
  const backend = new FakeBackend({ wallet: null })
  const wallet = new Followed(backend.wallet, (changed) => backend.onChanged('money', changed))
  expect(wallet.known).toBe(false)
  await wallet.read()
  expect(wallet).toMatchObject({ known: true, value: null, answers: true })
})

test('a refused listening is told apart from an answer, and made up for later', async () => {
  const backend = new FakeBackend()
  let isRefused = true
  const status = new Followed(backend.status, (changed) =>
    isRefused ? Promise.reject(new Error('no events')) : backend.onChanged('status', changed),
  )
  const stop = status.follow()
  await vi.waitFor(() => expect(status).toMatchObject({ listens: false, answers: true }))
  isRefused = false
  status.again()
  await vi.waitFor(() => expect(status.listens).toBe(true))
  backend.changeStatus({ jobsDone: 8 })
  await vi.waitFor(() => expect(status.value?.jobsDone).toBe(8))
  stop()
  await vi.waitFor(() => expect(backend.listeners).toBe(0))
})

test('who asks again reads again and listens only once', async () => {
  const backend = new FakeBackend()
  const status = statusOf(backend)
  const stop = status.follow()
  await vi.waitFor(() => expect(backend.count('status')).toBe(2))
  status.again()
  await vi.waitFor(() => expect(backend.count('status')).toBe(3))
  expect(backend.listeners).toBe(1)
  stop()
})

test('what is not followed is not read', () => {
  const backend = new FakeBackend()
  statusOf(backend).again()
  expect(backend.asked).toEqual([])
})
