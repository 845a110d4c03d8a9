import { expect, test, vi } from 'vitest'
import { FakeBackend } from '../backend/fake'
import { NodeState } from './node.svelte'

test('a refused request is told and does not change the state', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  await node.read()
  backend.failure = { code: null, detail: 'The engine is busy.' }
  await node.pause()
  expect(node.asking.refusal?.detail).toBe('The engine is busy.')
  expect(node.value?.phase.kind).toBe('waiting')
  expect(node.asking.busy).toBe(false)
})

test('the next request clears what was said of the last', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  backend.failure = new Error('no')
  await node.pause()
  backend.failure = null
  await node.resume()
  expect(node.asking.refusal).toBeNull()
})

test('a second click while the first is under way asks nothing', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  await Promise.all([node.pause(), node.pause(), node.resume()])
  expect(backend.asked.filter((name) => name !== 'status')).toEqual(['pause'])
})

test('an answer that comes late shows no old state', async () => {
  const backend = new FakeBackend()
  const node = new NodeState(backend)
  const stop = node.follow()
  await vi.waitFor(() => expect(node.value?.phase.kind).toBe('waiting'))
  let hear = (): void => {}
  vi.spyOn(backend, 'pause').mockReturnValue(new Promise((resolve) => (hear = resolve)))
  const asked = node.pause()
  backend.changeStatus({ phase: { kind: 'paused' } })
  await vi.waitFor(() => expect(node.value?.phase.kind).toBe('paused'))
  hear()
  await asked
  expect(node.value?.phase.kind).toBe('paused')
  stop()
})
