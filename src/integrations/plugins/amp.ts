// Written by `git leverage setup`, which also removes it. Changes to this file are not kept.
//
// Tells git-leverage that a session began or that the agent answered. Nothing of what was said is passed on.
import { spawn } from 'node:child_process'

const COMMAND = ["git-leverage", "hook"]

export const description = 'Reports the sessions of Amp to git-leverage'

function tell(event: string, session: string | undefined, folder: string): void {
  try {
    const child = spawn(COMMAND[0], COMMAND.slice(1), { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    child.on('error', () => {})
    child.stdin?.on('error', () => {})
    child.stdin?.end(JSON.stringify({ leverage: 1, agent: 'amp', event, session, folder }))
    child.unref()
  } catch {}
}

// One process of a plugin serves several threads; the workspace stays the same as long as it runs.
function workspace(amp: any): string {
  try {
    const root = amp.system?.workspaceRoot
    if (root) return amp.helpers.filePathFromURI(root)
  } catch {}
  return process.cwd()
}

export default function leverage(amp: any): void {
  amp.on('session.start', async (event: any) => tell('session-start', event?.thread?.id, workspace(amp)))
  amp.on('agent.end', async (event: any) => tell('turn-end', event?.thread?.id, workspace(amp)))
}
