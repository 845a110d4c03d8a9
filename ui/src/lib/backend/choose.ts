import { type ViewName, viewNamed } from '../screen/views'
import type { Backend } from './backend'

/** What the page begins with. */
export interface Start {
  backend: Backend
  view: ViewName
}

/** The node behind the window; in the browser preview a fake one, which the app's own build does not contain. */
export async function chooseStart(): Promise<Start> {
  if (import.meta.env.MODE === 'preview') {
    const { previewBackend } = await import('./preview')
    const query = new URLSearchParams(location.search)
    return { backend: previewBackend(query), view: viewNamed(query.get('view')) }
  }
  const { tauriBackend } = await import('./tauri')
  return { backend: tauriBackend, view: 'home' }
}
