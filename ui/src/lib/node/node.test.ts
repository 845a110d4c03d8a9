import { expect, test, vi } from 'vitest'
import { aStatus, FakeBackend } from '../backend/fake'
import { NodeState } from './node.svelte'

test('an event makes the screen read the truth again', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  const stop = node.follow()
  await vi.waitFor(() => expect(node.status?.phase.kind).toBe('waiting'))
  backend.change({ phase: { kind: 'working' } })
  await vi.waitFor(() => expect(node.status?.phase.kind).toBe('working'))
  stop()
  await vi.waitFor(() => expect(backend.listeners).toBe(0))
})

test('a storm of events leads to few reads', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  const reads = Array.from({ length: 100 }, () => node.read())
  await Promise.all(reads)
  await vi.waitFor(() => expect(backend.reads).toBe(2))
})

test('a failed read keeps the last status and says so; the next good one clears it', async () => {
  const backend = new FakeBackend(aStatus({ jobsDone: 7 }))
  const node = new NodeState(backend)
  await node.read()
  backend.failure = new Error('gone')
  await node.read()
  expect(node.answers).toBe(false)
  expect(node.status?.jobsDone, 'a number never falls to nothing while it cannot be read').toBe(7)
  backend.failure = null
  await node.read()
  expect(node.answers).toBe(true)
})

test('a refused request is told and does not change the state', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  await node.read()
  backend.failure = { code: null, detail: 'The engine is busy.' }
  await node.pause()
  expect(node.refusal).toBe('The engine is busy.')
  expect(node.status?.phase.kind).toBe('waiting')
  expect(node.busy).toBe(false)
})

test('an answer that comes late shows no old state', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  const stop = node.follow()
  await vi.waitFor(() => expect(node.status?.phase.kind).toBe('waiting'))
  let hear = (): void => {}
  vi.spyOn(backend, 'pause').mockReturnValue(new Promise((resolve) => (hear = resolve)))
  const asked = node.pause()
  backend.change({ phase: { kind: 'paused' } })
  await vi.waitFor(() => expect(node.status?.phase.kind).toBe('paused'))
  hear()
  await asked
  expect(node.status?.phase.kind).toBe('paused')
  stop()
})
