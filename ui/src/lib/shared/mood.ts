/** How a state feels; each has its own colour and sign. */
export type Mood = 'busy' | 'empty' | 'good' | 'quiet' | 'warning' | 'bad'
