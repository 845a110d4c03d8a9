import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte'
import { afterEach, expect, test, vi } from 'vitest'
import App from '../App.svelte'
import { FakeBackend } from '../lib/backend/fake'
import { aJob, anAction, anOffer, aStatus, aWallet, NOON, someEarnings } from '../lib/backend/samples'
import { HOSTILE } from '../lib/backend/worlds'
import { midnightOf } from '../lib/format/time'
import { QUIET_MS } from '../lib/shared/announce'
import { expectHeading, open } from './page'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const HOUR = 3_600_000

function card(name: string): ReturnType<typeof within> {
  return within(screen.getByRole('region', { name }))
}

test('empty: a healthy node without jobs says so and offers one', async () => {
  await open()
  await expectHeading('Waiting for jobs')
  expect(screen.getByText('No jobs yet. Send a practice job to see one.')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Pause' })).toBeTruthy()
})

test('loading: the step shows how far it is', async () => {
  await open({ status: aStatus({ phase: { kind: 'loading-model', percent: 41 } }) })
  await expectHeading('Loading model, 41%')
  expect(screen.getByRole('progressbar').getAttribute('value')).toBe('41')
})

test('loading: before the first answer nothing is shown as zero', async () => {
  const backend = new FakeBackend()
  for (const name of ['status', 'wallet', 'earnings'] as const) backend[name] = () => new Promise<never>(() => {})
  render(App, { backend })
  await expectHeading('Starting')
  expect(screen.queryByText(/^0/)).toBeNull()
  expect(screen.getAllByTitle('The Grid has not been asked yet.'), 'four figures, none of them known').toHaveLength(4)
})

test('working: figures, engine, running job and the last five jobs are there', async () => {
  const recent = Array.from({ length: 7 }, (_, index) =>
    aJob({ id: `job-${index}`, acceptedAt: NOON - 124_500, finishedAt: NOON - 120_000, completionTokens: 90 }),
  )
  await open({
    status: aStatus({ phase: { kind: 'working' }, jobsDone: 1280, workUnits: '2143.60', recent, currentJob: 'job-now' }),
  })
  await expectHeading('Working')
  for (const text of ['2,143.60', '1,280', 'Processor', 'Answering a chat'])
    expect(card('This computer').getByText(text)).toBeTruthy()
  expect(card('This computer').getByText('20'), '90 tokens in 4.5 s').toBeTruthy()
  const rows = within(screen.getByRole('table')).getAllByRole('row')
  expect(rows, 'a heading and five jobs').toHaveLength(6)
  const cells = within(rows[1] as HTMLElement)
    .getAllByRole('cell')
    .map((cell) => cell.textContent?.trim())
  expect(cells).toEqual(['2 min. ago', 'SmolLM2-135M-Instruct', 'Counted', '90', '4.5 sec', '0.84'])
})

test('a running job has no time and no work units yet, and nothing is shown as zero', async () => {
  await open({
    status: aStatus({ recent: [aJob({ state: 'running', finishedAt: null, completionTokens: null, workUnits: null })] }),
  })
  await expectHeading('Waiting for jobs')
  expect(within(screen.getByRole('table')).getAllByTitle('Not known')).toHaveLength(3)
})

test('money: three figures that are never added up, with the moment of the next payout', async () => {
  await open({ earnings: someEarnings() })
  const money = card('Paid today')
  await vi.waitFor(() => expect(money.getByText('4.21 AIPG')).toBeTruthy())
  const today = within(money.getByTitle('8.2712345 AIPG'))
  expect(today.getByText(/^8\.2712$/)).toBeTruthy()
  expect(today.getByText('8.2712345 AIPG')).toBeTruthy()
  expect(money.getByText('about 1.5 AIPG')).toBeTruthy()
  expect(money.getByText(/only worker/)).toBeTruthy()
  const payout = money.getByText('in 23 min.')
  expect(payout.getAttribute('datetime')).toBe(new Date(NOON + 23 * 60_000).toISOString())
  expect(payout.title).toContain('2026')
  expect(document.body.textContent, 'no sum of money and estimates').not.toMatch(/12\.48|13\.98|5\.71/)
})

test('money: an estimate is a range, and of tomorrow its basis gets general words', async () => {
  await open({ earnings: someEarnings({ notSettled: { low: '0.9', high: '1.4', basis: 'of-tomorrow' } }) })
  expect(await screen.findByText('0.9 AIPG to 1.4 AIPG')).toBeTruthy()
  expect(screen.getByText(/Reckoned by the Grid/)).toBeTruthy()
})

test('money: what is not known is not 0, and says why', async () => {
  await open({ earnings: someEarnings({ notSettled: null, nextPayout: null, onItsWay: '2' }) })
  const money = card('Paid today')
  expect(await money.findByTitle('There is nothing to reckon an estimate from.')).toBeTruthy()
  expect(money.getByTitle('The Grid has not said when it pays next.')).toBeTruthy()
  expect(money.getByText('12.30 work units wait to be settled.')).toBeTruthy()
  expect(money.getByText(/^2 AIPG is said to be sent/)).toBeTruthy()
})

test('money: on a real Grid it is said that payouts are not read, and that they come', async () => {
  await open({ status: aStatus({ practice: false, money: 'not-yet' }), earnings: null })
  expect(await card('Earnings').findByText(/shows no sum as paid/)).toBeTruthy()
  expect(document.body.textContent).not.toContain('has not been asked')
})

test('next: with enough AIPG the bond is offered, and it leads to the wallet', async () => {
  await open({ wallet: aWallet() })
  await fireEvent.click(await screen.findByRole('button', { name: 'Look at the bond' }))
  await expectHeading('Wallet')
})

test('next: what was interrupted comes before everything else', async () => {
  await open({ wallet: aWallet({ action: anAction({ stage: 'interrupted' }) }) })
  expect(await screen.findByRole('button', { name: 'Go on in the wallet' })).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Look at the bond' })).toBeNull()
})

test('next: without enough AIPG nothing is urged', async () => {
  await open({
    wallet: aWallet({ offers: [anOffer('bond', { obstacle: { kind: 'not-enough-aipg', amount: '1', until: null } })] }),
  })
  await expectHeading('Waiting for jobs')
  expect(screen.queryByRole('heading', { name: 'You can put up a bond' })).toBeNull()
})

test('problem: the card says what happened and what to do, and the button starts again', async () => {
  await open({ status: aStatus({ phase: { kind: 'needs-attention' }, code: 'disk-full', detail: 'No space for the ledger.' }) })
  await expectHeading('Needs attention')
  expect(screen.getByRole('heading', { name: 'The disk is full' })).toBeTruthy()
  for (const text of [/What was recorded is safe/, /Free some space/, 'No space for the ledger.'])
    expect(screen.getByText(text)).toBeTruthy()
  await fireEvent.click(screen.getByRole('button', { name: 'Start again' }))
  await expectHeading('Waiting for jobs')
})

test('problem: a code of tomorrow gets general words', async () => {
  await open({ status: aStatus({ code: 'of-tomorrow' }) })
  expect(await screen.findByRole('heading', { name: 'Something needs attention' })).toBeTruthy()
})

test('problem: without a code there is still a card with the details', async () => {
  await open({
    status: aStatus({
      phase: { kind: 'needs-attention' },
      detail: 'The practice network did not start.',
      jobsDone: null,
      workUnits: null,
    }),
  })
  await expectHeading('Needs attention')
  expect(screen.getByText('The practice network did not start.')).toBeTruthy()
  expect(screen.getAllByTitle('Not known yet')).toHaveLength(2)
})

test('offline: the page stays useful and says that we keep trying', async () => {
  await open({ status: aStatus({ phase: { kind: 'resting' }, code: 'grid-unreachable', jobsDone: 3 }) })
  await expectHeading('Grid not reachable')
  expect(screen.getByText('3')).toBeTruthy()
})

test('offline: a node that stops answering leaves the last figures standing', async () => {
  const backend = await open({ status: aStatus({ jobsDone: 3, workUnits: '5.28' }), earnings: someEarnings() })
  await expectHeading('Waiting for jobs')
  backend.failure = new Error('gone')
  backend.changeStatus({})
  backend.changeWallet(null)
  await expectHeading('Grid Node does not answer')
  for (const text of ['5.28', '4.21 AIPG']) expect(screen.getByText(text)).toBeTruthy()
  expect(await screen.findByText(/so these figures may be old/)).toBeTruthy()
})

test('pause and resume change the page by what the node answers', async () => {
  await open()
  await fireEvent.click(await screen.findByRole('button', { name: 'Pause' }))
  await expectHeading('Paused by you')
  const resume = screen.getByRole('button', { name: 'Resume' })
  await vi.waitFor(() => expect(resume.getAttribute('aria-disabled')).toBe('false'))
  await fireEvent.click(resume)
  await expectHeading('Waiting for jobs')
})

test('a refused pause is said at once and the button stays', async () => {
  const backend = await open()
  await expectHeading('Waiting for jobs')
  backend.failure = { code: null, detail: 'The engine is busy.' }
  await fireEvent.click(screen.getByRole('button', { name: 'Pause' }))
  expect((await screen.findByRole('alert')).textContent).toBe('That did not work.')
  expect(screen.getByText('The engine is busy.').closest('details')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Pause' })).toBeTruthy()
})

test('a practice job shows its answer, which the keyboard can scroll', async () => {
  await open()
  await fireEvent.click(await screen.findByRole('button', { name: 'Send practice job' }))
  expect(await screen.findByText('The capital of France is Paris.')).toBeTruthy()
  expect(screen.getByRole('region', { name: 'Answer' }).tabIndex).toBe(0)
})

test('an answer full of markup and hidden marks is text and nothing else', async () => {
  const backend = await open()
  backend.answer = HOSTILE
  await fireEvent.click(await screen.findByRole('button', { name: 'Send practice job' }))
  const answer = await screen.findByText(/<img src=x onerror=alert\(1\)>/)
  expect(document.querySelector('img, script'), 'an answer must never become markup').toBeNull()
  expect(answer.textContent).toContain('\u2039U+202E\u203agnp.exe')
  expect(answer.textContent, 'no mark that turns text around is left').not.toMatch(
    /[\u0000\u001b\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
  )
})

test('the names that strangers chose are isolated text everywhere', async () => {
  const job = aJob({ model: HOSTILE, state: HOSTILE })
  await open({
    status: aStatus({ model: HOSTILE, workerName: HOSTILE, device: HOSTILE, detail: HOSTILE, code: 'suspended', recent: [job] }),
  })
  const found = await screen.findAllByText(/onerror=alert/)
  const bare = found.filter((one) => one.tagName !== 'BDI' && !one.textContent?.includes('\u2068<img'))
  expect(bare.map((one) => one.outerHTML.slice(0, 60))).toEqual([])
  expect(found.length, 'worker, model twice, device, detail and the two cells of a job').toBe(7)
  expect(document.body.textContent?.replace(/[\u2068\u2069]/g, ''), 'no mark that turns text around is left').not.toMatch(
    /[\u0000\u001b\u200e\u200f\u202a-\u202e\u2066-\u2067]/,
  )
  expect(document.querySelector('img, script')).toBeNull()
})

test('a practice job is not sent while the node takes none', async () => {
  const backend = await open({ status: aStatus({ phase: { kind: 'paused' } }) })
  await expectHeading('Paused by you')
  const button = screen.getByRole('button', { name: 'Send practice job' })
  expect(button.getAttribute('aria-disabled')).toBe('true')
  await fireEvent.click(button)
  expect(backend.count('sendPracticeJob')).toBe(0)
})

test('real work has no practice form', async () => {
  await open({ status: aStatus({ practice: false }) })
  await expectHeading('Waiting for jobs')
  expect(screen.queryByRole('button', { name: 'Send practice job' })).toBeNull()
})

test('a change of state is announced politely', async () => {
  vi.useFakeTimers()
  const backend = await open()
  await expectHeading('Waiting for jobs')
  const region = screen.getByRole('status')
  expect(region.getAttribute('aria-live')).toBe('polite')
  backend.changeStatus({ phase: { kind: 'working' } })
  await expectHeading('Working')
  await vi.advanceTimersByTimeAsync(QUIET_MS)
  await vi.waitFor(() => expect(region.textContent).toBe('Working'))
})

test('money: what was read yesterday is not what was paid today', async () => {
  await open({ earnings: someEarnings({ at: midnightOf(NOON) - 1 }) })
  const money = card('Paid today')
  expect(await money.findByTitle('Not read since yesterday.')).toBeTruthy()
  expect(money.queryByTitle('8.2712345 AIPG')).toBeNull()
})

test('money: a payout whose time is past is due, and an unknown word is said', async () => {
  await open({ earnings: someEarnings({ nextPayout: NOON - 60_000, other: '0.5' }) })
  const money = card('Paid today')
  expect(await money.findByText('due')).toBeTruthy()
  expect(money.getByText(/^0\.5 AIPG with a word of the Grid/)).toBeTruthy()
})

test('next: what did not end as planned is shown before anything new is offered', async () => {
  await open({ wallet: aWallet({ action: anAction({ stage: 'ended', outcome: 'reverted' }) }) })
  expect(await screen.findByText(/^The contract refused it/)).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Look at the bond' })).toBeNull()
  await fireEvent.click(screen.getByRole('button', { name: 'Look at it in the wallet' }))
  await expectHeading('Wallet')
})

test('problem: after "Start again" the keyboard is at the state', async () => {
  const backend = await open({ status: aStatus({ phase: { kind: 'needs-attention' }, code: 'disk-full' }) })
  vi.spyOn(backend, 'resume').mockImplementation(async () => backend.changeStatus({ phase: { kind: 'starting' }, code: null }))
  const button = await screen.findByRole('button', { name: 'Start again' })
  button.focus()
  await fireEvent.click(button)
  await expectHeading('Starting')
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 })))
})

test('a device whose name is that of another text is shown by its name', async () => {
  await open({ status: aStatus({ device: 'title' }) })
  expect(await card('This computer').findByText('title')).toBeTruthy()
})

test('a job of yesterday is told by its date', async () => {
  await open({ status: aStatus({ recent: [aJob({ finishedAt: NOON - 30 * HOUR })] }) })
  expect(await within(await screen.findByRole('table')).findByText(/Nov 21, 2026/)).toBeTruthy()
})
