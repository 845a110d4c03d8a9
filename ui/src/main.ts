import { mount } from 'svelte'
import App from './App.svelte'
import { chooseBackend } from './lib/backend/choose'
import './styles/base.css'

const target = document.getElementById('app')
if (target === null) throw new Error('BUG: index.html has the element #app')

void chooseBackend().then((backend) => mount(App, { target, props: { backend } }))
