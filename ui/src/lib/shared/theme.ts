/** Shows the page in these colours. Without a choice of the owner the system's choice holds. */
export function showTheme(page: HTMLElement, theme: 'system' | 'light' | 'dark'): void {
  if (theme === 'system') delete page.dataset.theme
  else page.dataset.theme = theme
}
