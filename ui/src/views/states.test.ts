import { cleanup, screen } from '@testing-library/svelte'
import { afterEach, expect, test } from 'vitest'
import { aStatus, EVERY_PHASE, NOON } from '../lib/backend/samples'
import { WORLD_NAMES, worldNamed } from '../lib/backend/worlds'
import { type ViewName, VIEWS } from '../lib/screen/views'
import { EARNING_WORLDS } from '../lib/backend/worlds-earning'
import { faults, open } from './page'

afterEach(cleanup)

/** The states that change what a view shows, where it is not all of them. */
const WORLDS_OF: Partial<Record<ViewName, string[]>> = {
  earnings: ['empty', 'loading', 'working', 'offline', 'long', 'hostile', 'no-answer', 'signed-out', 'nothing-earned', 'books-differ'],
  wallet: WORLD_NAMES.filter((name) => !(name in EARNING_WORLDS)),
  settings: [
    ...['working', 'no-answer', 'long', 'hostile'],
    ...['several-engines', 'found-servers', 'no-engines', 'elsewhere', 'live'],
  ],
}

test.each(WORLD_NAMES)('axe finds nothing in state %s', async (name) => {
  for (const view of VIEWS.filter((one) => WORLDS_OF[one]?.includes(name) ?? true)) {
    await open(worldNamed(name, NOON), view)
    expect(await faults(), view).toEqual([])
    expect(screen.getAllByRole('heading', { level: 1 }), `${view} has one heading`).toHaveLength(1)
    expect(document.body.textContent, `${view} has no placeholder left`).not.toMatch(/\{\w+\}/)
    cleanup()
  }
})

test.each(Object.values(EVERY_PHASE))('axe finds nothing while the node is $kind', async (phase) => {
  await open({ status: aStatus({ phase }) })
  expect(await faults()).toEqual([])
})
