import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte'
import axe from 'axe-core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Status } from '../lib/backend/backend'
import { aJob, aStatus, EVERY_PHASE, FakeBackend } from '../lib/backend/fake'
import { NodeState } from '../lib/node/node.svelte'
import Home from './Home.svelte'

const NOON = Date.UTC(2026, 10, 22, 12, 0, 0)

beforeEach(() => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-US')
})
afterEach(cleanup)

/** Opens the page over a fake node and waits until the node was read. */
async function open(part: Partial<Status> = {}): Promise<FakeBackend> {
  const backend = new FakeBackend(aStatus(part))
  render(Home, { node: new NodeState(backend), clock: () => NOON })
  await vi.waitFor(() => expect(backend.reads).toBeGreaterThan(0))
  return backend
}

const headline = (): Promise<HTMLElement> => screen.findByRole('heading', { level: 1 })

async function expectHeadline(words: string): Promise<void> {
  await vi.waitFor(async () => expect((await headline()).textContent).toBe(words))
}

test('empty: a healthy node without jobs says so and offers one', async () => {
  await open()
  await expectHeadline('Waiting for jobs')
  expect(screen.getByText('No jobs yet. Send a practice job to see one.')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Pause' })).toBeTruthy()
})

test('loading: the step shows how far it is', async () => {
  await open({ phase: { kind: 'loading-model', percent: 41 } })
  await expectHeadline('Loading model, 41%')
  const bar = screen.getByRole('progressbar')
  expect(bar.getAttribute('value')).toBe('41')
})

test('loading: before the first answer nothing is shown as zero', async () => {
  const backend = new FakeBackend()
  vi.spyOn(backend, 'status').mockReturnValue(new Promise(() => {}))
  render(Home, { node: new NodeState(backend), clock: () => NOON })
  await expectHeadline('Starting')
  expect(screen.getAllByText('Not known yet'), 'unknown is not 0').toHaveLength(2)
  expect(screen.queryByText(/^0/)).toBeNull()
})

test('working: figures, engine, running job and the last five jobs are there', async () => {
  const recent = Array.from({ length: 7 }, (_, index) => aJob({ id: `job-${index}`, finishedAt: NOON - 120_000 }))
  await open({
    phase: { kind: 'working' },
    jobsDone: 1280,
    workUnits: '2143.60',
    recent,
    currentJob: 'job-now',
  })
  await expectHeadline('Working')
  for (const text of ['2,143.60', '1,280', 'Processor', 'Answering a chat']) expect(screen.getByText(text)).toBeTruthy()
  const rows = within(screen.getByRole('table')).getAllByRole('row')
  expect(rows, 'a heading and five jobs').toHaveLength(6)
  expect(rows[1]?.textContent).toContain('2 min. ago')
})

test('problem: the card says what happened and what to do, and the button starts again', async () => {
  await open({ phase: { kind: 'needs-attention' }, code: 'disk-full', detail: 'No space for the ledger.' })
  await expectHeadline('Needs attention')
  expect(screen.getByRole('heading', { name: 'The disk is full' })).toBeTruthy()
  expect(screen.getByText(/What was recorded is safe/)).toBeTruthy()
  expect(screen.getByText(/Free some space/)).toBeTruthy()
  expect(screen.getByText('No space for the ledger.')).toBeTruthy()
  await fireEvent.click(screen.getByRole('button', { name: 'Start again' }))
  await expectHeadline('Waiting for jobs')
})

test('problem: a code of tomorrow gets general words', async () => {
  await open({ code: 'of-tomorrow' })
  expect(await screen.findByRole('heading', { name: 'Something needs attention' })).toBeTruthy()
})

test('problem: without a code there is still a card with the details', async () => {
  await open({ phase: { kind: 'needs-attention' }, detail: 'The practice network did not start.', jobsDone: null, workUnits: null })
  await expectHeadline('Needs attention')
  expect(screen.getByText('The practice network did not start.')).toBeTruthy()
  expect(screen.getAllByText('Not known yet')).toHaveLength(2)
})

test('offline: the page stays useful and says that we keep trying', async () => {
  await open({ phase: { kind: 'resting' }, code: 'grid-unreachable', jobsDone: 3 })
  await expectHeadline('Grid not reachable')
  expect(screen.getByText('3')).toBeTruthy()
})

test('offline: a node that stops answering leaves the last figures standing', async () => {
  const backend = await open({ jobsDone: 3, workUnits: '5.28' })
  await expectHeadline('Waiting for jobs')
  backend.failure = new Error('gone')
  backend.change({})
  await expectHeadline('Grid Node does not answer')
  expect(screen.getByText('5.28')).toBeTruthy()
})

test('pause and resume change the page by what the node answers', async () => {
  await open()
  await fireEvent.click(await screen.findByRole('button', { name: 'Pause' }))
  await expectHeadline('Paused by you')
  await fireEvent.click(screen.getByRole('button', { name: 'Resume' }))
  await expectHeadline('Waiting for jobs')
})

test('a refused pause is said at once and the button stays', async () => {
  const backend = await open()
  await expectHeadline('Waiting for jobs')
  backend.failure = { code: null, detail: 'The engine is busy.' }
  await fireEvent.click(screen.getByRole('button', { name: 'Pause' }))
  expect((await screen.findByRole('alert')).textContent).toContain('The engine is busy.')
  expect(screen.getByRole('button', { name: 'Pause' })).toBeTruthy()
})

test('a practice job shows its answer; what the model says stays text', async () => {
  const backend = await open()
  backend.answer = '<img src=x onerror=alert(1)>'
  await fireEvent.click(await screen.findByRole('button', { name: 'Send practice job' }))
  expect(await screen.findByText('<img src=x onerror=alert(1)>')).toBeTruthy()
  expect(document.querySelector('img'), 'an answer must never become markup').toBeNull()
})

test('a practice job is not sent while the node takes none', async () => {
  const backend = await open({ phase: { kind: 'paused' } })
  await expectHeadline('Paused by you')
  const send = vi.spyOn(backend, 'sendPracticeJob')
  const button = screen.getByRole('button', { name: 'Send practice job' })
  expect(button.getAttribute('aria-disabled')).toBe('true')
  await fireEvent.click(button)
  expect(send).not.toHaveBeenCalled()
})

test('practice is said on screen, and real work has no practice form', async () => {
  await open()
  expect(await screen.findByText('Practice network. Nothing here is real money.')).toBeTruthy()
  cleanup()
  await open({ practice: false })
  await expectHeadline('Waiting for jobs')
  expect(screen.queryByText(/Practice network/)).toBeNull()
  expect(screen.queryByRole('button', { name: 'Send practice job' })).toBeNull()
})

test('a change of state is announced politely', async () => {
  const backend = await open()
  await expectHeadline('Waiting for jobs')
  const region = screen.getByRole('status')
  expect(region.getAttribute('aria-live')).toBe('polite')
  await vi.waitFor(() => expect(region.textContent).not.toBe(''))
  backend.change({ phase: { kind: 'working' } })
  await expectHeadline('Working')
})

test.each<[string, Partial<Status>]>([
  ...Object.values(EVERY_PHASE).map((phase): [string, Partial<Status>] => [phase.kind, { phase }]),
  ['problem', { code: 'disk-full', detail: 'No space.' }],
  ['with jobs', { recent: [aJob()], jobsDone: 1 }],
])('axe finds nothing in state %s', async (_name, part) => {
  await open(part)
  await vi.waitFor(() => expect(screen.queryByText('practice-rig')).not.toBeNull())
  // Colours cannot be measured without a real page; the test of the tokens does that.
  const found = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: true } } })
  expect(found.violations.map((violation) => `${violation.id}: ${violation.help}`)).toEqual([])
})
