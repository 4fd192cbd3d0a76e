import t from 'tap'
import { configPlaces } from '../src/read-config-file.js'

const SYSTEM = [
  '/etc/z3_backup/z3.conf',
  '/etc/z3/z3.conf',
  '/etc/z3/config.json',
  '/etc/z3/config.yaml',
]
const under = (dir: string) => [
  ...SYSTEM,
  `${dir}/z3/z3.conf`,
  `${dir}/z3/config.json`,
  `${dir}/z3/config.yaml`,
]

t.same(configPlaces({ HOME: '/home/me' }), under('/home/me/.config'))
t.same(configPlaces({ HOME: '/home/me', XDG_CONFIG_HOME: '/x' }), under('/x'))
t.same(configPlaces({ HOME: '/home/me', XDG_CONFIG_HOME: 'relative' }), under('/home/me/.config'))
t.same(configPlaces({}), SYSTEM)
t.same(configPlaces({ HOME: '' }), SYSTEM)
