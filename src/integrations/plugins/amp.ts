// Written by `git leverage setup`, which also removes it. Changes to this file are not kept.
//
// Tells git-leverage that a session began or that the agent answered. Nothing of what was said is passed on.
import { spawn } from 'node:child_process'

const COMMAND = ["git-leverage", "hook"]

function tell(event: string, session: string | undefined): void {
  try {
    const child = spawn(COMMAND[0], COMMAND.slice(1), { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    child.on('error', () => {})
    child.stdin?.on('error', () => {})
    child.stdin?.end(JSON.stringify({ leverage: 1, agent: 'amp', event, session, folder: process.cwd() }))
    child.unref()
  } catch {}
}

function threadOf(event: any, context: any): string | undefined {
  return event?.thread?.id ?? event?.threadID ?? context?.thread?.id ?? process.env.AMP_CURRENT_THREAD_ID
}

export default function leverage(amp: any): void {
  amp.on('session.start', async (event: any, context: any) => tell('session-start', threadOf(event, context)))
  amp.on('agent.end', async (event: any, context: any) => tell('turn-end', threadOf(event, context)))
}
