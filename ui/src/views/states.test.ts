import { cleanup, screen } from '@testing-library/svelte'
import { afterEach, expect, test } from 'vitest'
import { aStatus, EVERY_PHASE, NOON } from '../lib/backend/samples'
import { WORLD_NAMES, worldNamed } from '../lib/backend/worlds'
import { VIEWS } from '../lib/screen/views'
import { faults, open } from './page'

afterEach(cleanup)

/** Only these change what the settings show. */
const SETTINGS_WORLDS = ['working', 'no-answer', 'long']

test.each(WORLD_NAMES)('axe finds nothing in state %s', async (name) => {
  for (const view of VIEWS.filter((one) => one !== 'settings' || SETTINGS_WORLDS.includes(name))) {
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
