import type { Backend } from './backend'

/** The node behind the window; in the browser preview a fake one, which the app's own build does not contain. */
export async function chooseBackend(): Promise<Backend> {
  if (import.meta.env.MODE === 'preview') {
    const { previewBackend } = await import('./preview')
    return previewBackend(new URLSearchParams(location.search).get('state') ?? 'working')
  }
  const { tauriBackend } = await import('./tauri')
  return tauriBackend
}
