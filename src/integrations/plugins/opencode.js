// Written by `git leverage setup`, which also removes it. Changes to this file are not kept.
//
// Tells git-leverage that a session began or that the agent answered, and tells the commands that the agent runs which session
// they belong to. Nothing of what was said is passed on.
import { spawn } from "node:child_process"

const COMMAND = ["git-leverage", "hook"]

const tell = (event, session, folder, model) => {
  try {
    const child = spawn(COMMAND[0], COMMAND.slice(1), { detached: true, stdio: ["pipe", "ignore", "ignore"] })
    child.on("error", () => {})
    child.stdin.on("error", () => {})
    child.stdin.end(JSON.stringify({ leverage: 1, agent: "opencode", event, session, folder, model }))
    child.unref()
  } catch {}
}

export const Leverage = async ({ directory }) => {
  // Sessions of subagents are a part of the session that they work for.
  const subagents = new Set()
  const models = new Map()
  return {
    event: async ({ event }) => {
      if (event.type === "session.created" || event.type === "session.updated") {
        const info = event.properties?.info
        if (info?.parentID) subagents.add(info.id)
        else if (info?.id && event.type === "session.created") tell("session-start", info.id, info.directory ?? directory)
      } else if (event.type === "session.idle") {
        const session = event.properties?.sessionID
        if (session && !subagents.has(session)) tell("turn-end", session, directory, models.get(session))
      }
    },
    "chat.message": async ({ sessionID, model }) => {
      if (sessionID && model?.modelID) models.set(sessionID, model.modelID)
    },
    "shell.env": async ({ sessionID }, { env }) => {
      if (sessionID) env.LEVERAGE_SESSION = `opencode:${sessionID}`
    },
  }
}
