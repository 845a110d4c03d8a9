// First of all: modules run in the order in which they are imported.
import { blockedReports } from './first'
import { mount } from 'svelte'
import App from './App.svelte'
import { chooseStart } from './lib/backend/choose'
import './styles/base.css'

const target = document.getElementById('app')
if (target === null) throw new Error('BUG: index.html has the element #app')

void chooseStart().then(({ backend, view }) => {
  blockedReports.tell((blocked) => backend.reportBlocked(blocked))
  mount(App, { target, props: { backend, view } })
})
