import { runPage } from './run-page.js'

runPage('docs/encryption.md', {
  steps: { '(umask': { after: 'test "$(stat -c %a:%s /etc/z3/sse-c.key)" = 600:32' } },
})
