/** Someone who works at the demo company. */
export type Person = { id: string; name: string; email: string; job: string; groups: string[] }

/** Fresh copies for each company: a test may change a person's groups. */
export const createPeople = (): Person[] => [
  {
    id: 'ana',
    name: 'Ana Almeida',
    email: 'ana@fernhill.example',
    job: 'Head of IT',
    groups: ['engineering', 'admins'],
  },
  { id: 'ben', name: 'Ben Okafor', email: 'ben@fernhill.example', job: 'Software engineer', groups: ['engineering'] },
  { id: 'cho', name: 'Cho Min-ji', email: 'cho@fernhill.example', job: 'Customer support', groups: ['support'] },
]

export const companyName = 'Fernhill Freight'
/** The audience of a plain access token; every server of the company accepts it besides its own URL. */
export const companyAudience = 'https://mcp.fernhill.example/'
