import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting()],
  // The preview shows the page over the fake node; it never lands in the app's own folder.
  build: { outDir: mode === 'preview' ? 'node_modules/.preview' : 'dist', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
  preview: { port: 1421 },
  server: { host: '127.0.0.1' },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'], restoreMocks: true },
}))
