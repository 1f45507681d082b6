//! The known coding agents, in one table: their names, and what they call themselves in authors, messages and notes.
//!
//! Everything else takes names of agents from here: the signs in commits, the notes of other tools, the readers of
//! logs. Each address is here because it was found in public history or in the source of the tool that writes it.

/// One agent.
#[derive(Debug, PartialEq, Eq)]
pub struct AgentIdentity {
    /// Its name in evidence, session ids and options.
    pub name: &'static str,
    /// Addresses that only it uses, in lower case.
    pub addresses: &'static [&'static str],
    /// The logins of its GitHub apps, in lower case. A person's login has no brackets.
    pub bots: &'static [&'static str],
    /// Logins without brackets that GitHub gives it, in lower case; the number before them differs between its parts.
    pub logins: &'static [&'static str],
    /// Logins without brackets that belonged to a person first, or may: they need the login as the whole name beside
    /// them.
    pub named_logins: &'static [&'static str],
    /// Addresses that others share, each with words of which the name beside it must contain one; in lower case.
    pub shared: &'static [(&'static str, &'static [&'static str])],
    /// What it is called in free text such as that of `Assisted-by`, in lower case.
    pub words: &'static [&'static str],
    /// Words for its models, which count if no text names a tool: `Claude Opus via Crush` was Crush's work.
    pub model_words: &'static [&'static str],
    /// What tools of other vendors call it as a whole, in lower case: `claude code`.
    pub titles: &'static [&'static str],
    /// What follows `Generated with` on a separate line, and the beginning of the address that follows.
    pub generators: &'static [(&'static str, &'static str)],
    /// How notes of other tools spell its name if they do not write it as here, in lower case; git-ai's spelling first.
    pub spellings: &'static [&'static str],
    /// The environment variables that name another directory for its logs; the first that is set counts.
    pub variables: &'static [&'static str],
}

const NOTHING: AgentIdentity = AgentIdentity {
    name: "",
    addresses: &[],
    bots: &[],
    logins: &[],
    named_logins: &[],
    shared: &[],
    words: &[],
    model_words: &[],
    titles: &[],
    generators: &[],
    spellings: &[],
    variables: &[],
};

/// Claude Code.
pub static CLAUDE_CODE: AgentIdentity = AgentIdentity {
    name: "claude-code",
    addresses: &["noreply@anthropic.com"],
    bots: &[
        "claude[bot]",
        "anthropic-claude[bot]",
        "claude-code[bot]",
        "claude-code-action[bot]",
    ],
    shared: &[("claude@anthropic.com", &["claude"])],
    model_words: &["claude"],
    titles: &["claude code"],
    generators: &[("Claude Code", "https://claude.")],
    spellings: &["claude", "claude code"],
    variables: &["CLAUDE_CONFIG_DIR"],
    ..NOTHING
};

/// OpenCode.
pub static OPENCODE: AgentIdentity = AgentIdentity {
    name: "opencode",
    addresses: &[
        "noreply@opencode.ai",
        "opencode@sst.dev",
        "clio-agent@sisyphuslabs.ai",
    ],
    bots: &["opencode-agent[bot]"],
    named_logins: &["opencode"],
    words: &["opencode"],
    titles: &["opencode"],
    generators: &[("opencode", "https://opencode.ai")],
    ..NOTHING
};

/// Aider.
pub static AIDER: AgentIdentity = AgentIdentity {
    name: "aider",
    addresses: &["aider@aider.chat", "noreply@aider.chat", "noreply@aider.dev"],
    words: &["aider"],
    variables: &["AIDER_CHAT_HISTORY_FILE"],
    ..NOTHING
};

/// GitHub Copilot.
pub static COPILOT: AgentIdentity = AgentIdentity {
    name: "copilot",
    addresses: &["copilot@github.com"],
    bots: &[
        "copilot[bot]",
        "copilot-swe-agent[bot]",
        "github-advanced-security[bot]",
        "github-code-quality[bot]",
    ],
    logins: &["copilot"],
    shared: &[("noreply@github.com", &["copilot"])],
    words: &["copilot"],
    titles: &["copilot cli"],
    ..NOTHING
};

/// Cursor.
pub static CURSOR: AgentIdentity = AgentIdentity {
    name: "cursor",
    addresses: &["cursoragent@cursor.com"],
    bots: &["cursor[bot]", "cursoragent[bot]"],
    logins: &["cursoragent"],
    words: &["cursor"],
    titles: &["cursor", "cursor ide"],
    variables: &["CURSOR_CONFIG_DIR"],
    ..NOTHING
};

/// Codex.
pub static CODEX: AgentIdentity = AgentIdentity {
    name: "codex",
    addresses: &["codex@openai.com", "omx@oh-my-codex.dev"],
    bots: &["chatgpt-codex-connector[bot]", "openai-codex[bot]", "codex[bot]"],
    shared: &[("noreply@openai.com", &["codex", "gpt"])],
    words: &["codex"],
    model_words: &["gpt", "chatgpt"],
    titles: &["codex", "codex cli"],
    generators: &[("Codex", "https://openai.com/codex")],
    variables: &["CODEX_HOME"],
    ..NOTHING
};

/// Factory Droid.
pub static DROID: AgentIdentity = AgentIdentity {
    name: "droid",
    addresses: &["droid@factory.ai"],
    bots: &["factory-droid[bot]"],
    words: &["droid"],
    titles: &["factory ai droid", "factory droid"],
    variables: &["FACTORY_HOME_OVERRIDE"],
    ..NOTHING
};

/// Kilo.
pub static KILO: AgentIdentity = AgentIdentity {
    name: "kilo",
    addresses: &["noreply@kilocode.ai"],
    bots: &["kiloconnect[bot]", "kilo-code-bot[bot]"],
    words: &["kilo"],
    variables: &["KILO_DATA_DIR"],
    ..NOTHING
};

/// Gemini CLI.
pub static GEMINI_CLI: AgentIdentity = AgentIdentity {
    name: "gemini-cli",
    addresses: &[
        "gemini-cli@google.com",
        "218195315+gemini-cli@users.noreply.github.com",
    ],
    bots: &["gemini-cli[bot]"],
    shared: &[
        ("noreply@google.com", &["gemini"]),
        ("gemini@google.com", &["gemini"]),
    ],
    model_words: &["gemini"],
    titles: &["gemini cli"],
    spellings: &["gemini"],
    variables: &["GEMINI_CLI_HOME"],
    ..NOTHING
};

/// Antigravity CLI.
pub static ANTIGRAVITY: AgentIdentity = AgentIdentity {
    name: "antigravity",
    titles: &["antigravity"],
    ..NOTHING
};

/// Qwen Code.
pub static QWEN: AgentIdentity = AgentIdentity {
    name: "qwen",
    addresses: &["qwen-coder@alibabacloud.com"],
    shared: &[("qwenlm-intl@service.alibaba.com", &["qwen"])],
    model_words: &["qwen"],
    generators: &[("Qwen Code", "https://github.com/QwenLM/qwen-code")],
    variables: &["QWEN_RUNTIME_DIR", "QWEN_HOME"],
    ..NOTHING
};

/// GitHub Copilot CLI.
pub static COPILOT_CLI: AgentIdentity = AgentIdentity {
    name: "copilot-cli",
    spellings: &["github-copilot-cli"],
    variables: &["COPILOT_HOME"],
    ..NOTHING
};

/// Amp.
pub static AMP: AgentIdentity = AgentIdentity {
    name: "amp",
    addresses: &["amp@ampcode.com", "noreply@ampcode.com", "amp@sourcegraph.com"],
    titles: &["amp"],
    ..NOTHING
};

/// Pi.
pub static PI: AgentIdentity = AgentIdentity {
    name: "pi",
    addresses: &["noreply@pi.dev", "pi@badlogic.games", "pi@earendil.works"],
    titles: &["pi"],
    variables: &["PI_CODING_AGENT_SESSION_DIR"],
    ..NOTHING
};

/// ICodeMate.
pub static ICODEMATE: AgentIdentity = AgentIdentity {
    name: "icodemate",
    variables: &["ICODEMATE_DATA_DIR"],
    ..NOTHING
};

/// MiMo Code.
pub static MIMOCODE: AgentIdentity = AgentIdentity {
    name: "mimocode",
    variables: &["MIMOCODE_DATA_DIR"],
    ..NOTHING
};

/// Replit.
pub static REPLIT: AgentIdentity = AgentIdentity {
    name: "replit",
    addresses: &["agent@replit.com"],
    ..NOTHING
};

/// All of them. Of several agents that a text names, the first here is meant.
pub static AGENTS: &[&AgentIdentity] = &[
    &CLAUDE_CODE,
    &AgentIdentity {
        name: "crush",
        addresses: &["crush@charm.land", "noreply@crush.charm.land"],
        words: &["crush"],
        generators: &[("Crush", "https://github.com/charmbracelet/crush")],
        ..NOTHING
    },
    &OPENCODE,
    &AIDER,
    &COPILOT,
    &CURSOR,
    &CODEX,
    &DROID,
    &AgentIdentity {
        name: "cline",
        addresses: &["noreply@cline.bot"],
        bots: &["cline[bot]", "cline-cloud[bot]"],
        shared: &[("cline@cline.bot", &["cline"])],
        words: &["cline"],
        generators: &[("Cline", "https://docs.cline.bot")],
        ..NOTHING
    },
    &KILO,
    &AgentIdentity {
        name: "openhands",
        addresses: &[
            "openhands@all-hands.dev",
            "opendevin@all-hands.dev",
            "opendevin@opendevin.ai",
            "bot@opendevin.com",
        ],
        bots: &["openhands[bot]", "openhands-ai[bot]"],
        words: &["openhands"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "junie",
        addresses: &["junie@jetbrains.com"],
        bots: &["jetbrains-junie[bot]", "jetbrains-ai[bot]"],
        words: &["junie"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "windsurf",
        addresses: &["windsurf@codeium.com", "noreply@codeium.com"],
        bots: &["windsurf-bot[bot]"],
        words: &["windsurf"],
        ..NOTHING
    },
    &GEMINI_CLI,
    &ANTIGRAVITY,
    &QWEN,
    &AgentIdentity {
        name: "kimi",
        addresses: &["noreply@kimi.com", "noreply@moonshot.ai", "noreply@moonshot.cn"],
        model_words: &["kimi"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "grok",
        addresses: &["noreply@x.ai", "grok@x.ai"],
        model_words: &["grok"],
        ..NOTHING
    },
    &COPILOT_CLI,
    &AMP,
    &PI,
    &ICODEMATE,
    &MIMOCODE,
    &REPLIT,
    &AgentIdentity {
        name: "roo",
        addresses: &["roomote@roocode.com"],
        bots: &["roomote[bot]", "roomote-v0[bot]"],
        shared: &[
            ("support@roocode.com", &["roo"]),
            ("roo@roocode.com", &["roo"]),
            ("support@roo.vet", &["roo"]),
        ],
        ..NOTHING
    },
    &AgentIdentity {
        name: "warp",
        addresses: &["oz-agent@warp.dev", "agent@warp.dev"],
        bots: &["oz-by-warp[bot]", "oz-for-oss[bot]"],
        generators: &[("Oz", "https://warp.dev/oz")],
        ..NOTHING
    },
    &AgentIdentity {
        name: "continue",
        addresses: &["noreply@continue.dev", "agent@continue.dev"],
        bots: &[
            "continue[bot]",
            "continue-staging[bot]",
            "continue-development-app[bot]",
        ],
        generators: &[("Continue", "https://continue.dev")],
        ..NOTHING
    },
    &AgentIdentity {
        name: "mistral-vibe",
        addresses: &["vibe@mistral.ai"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "kiro",
        addresses: &[
            "244629292+kiro-agent@users.noreply.github.com",
            "kiro-agent@users.noreply.github.com",
            "noreply@kiro.dev",
        ],
        bots: &["kiro-agent[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "goose",
        addresses: &[
            "271095942+aaif-goose@users.noreply.github.com",
            "goose@opensource.block.xyz",
        ],
        ..NOTHING
    },
    &AgentIdentity {
        name: "augment",
        addresses: &["agent@augmentcode.com", "noreply@augmentcode.com"],
        bots: &["augmentcode[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "zed",
        addresses: &["assistant@zed.dev", "agent@zed.dev"],
        shared: &[("noreply@zed.dev", &["zed"])],
        ..NOTHING
    },
    &AgentIdentity {
        name: "trae",
        addresses: &["noreply@trae.ai"],
        shared: &[("noreply@bytedance.com", &["trae"])],
        ..NOTHING
    },
    &AgentIdentity {
        name: "hermes",
        addresses: &["noreply@nousresearch.com"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "codebuff",
        addresses: &["noreply@codebuff.com"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "lovable",
        addresses: &["noreply@lovable.dev"],
        bots: &["lovable-dev[bot]", "gpt-engineer-app[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "paperclip",
        addresses: &["noreply@paperclip.ing"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "termai",
        addresses: &["noreply@termai.io"],
        generators: &[("termai", "https://termai.io")],
        ..NOTHING
    },
    &AgentIdentity {
        name: "cosine",
        addresses: &["agent@cosine.sh"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "blackbox",
        addresses: &["agent@blackbox.ai"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "devin",
        bots: &["devin-ai-integration[bot]"],
        generators: &[("Devin", "https://cli.devin.ai")],
        ..NOTHING
    },
    &AgentIdentity {
        name: "jules",
        bots: &["google-labs-jules[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "gemini-code-assist",
        bots: &["gemini-code-assist[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "amazon-q",
        bots: &["amazon-q-developer[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "codegen",
        bots: &["codegen-sh[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "cody",
        bots: &["sourcegraph-cody[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "sweep",
        bots: &["sweep-ai[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "ellipsis",
        bots: &["ellipsis-dev[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "coderabbit",
        bots: &["coderabbitai[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "cubic",
        bots: &["cubic-dev-ai[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "greptile",
        bots: &["greptile-apps[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "sourcery",
        bots: &["sourcery-ai[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "codeflash",
        bots: &["codeflash-ai[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "blink",
        bots: &["blink-so[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "engine",
        bots: &["engine-labs-app[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "v0",
        bots: &["v0[bot]"],
        ..NOTHING
    },
    &AgentIdentity {
        name: "claude-flow",
        shared: &[("ruv@ruv.net", &["flow"])],
        ..NOTHING
    },
    &AgentIdentity {
        name: "firebender",
        generators: &[("Firebender", "https://firebender.com")],
        ..NOTHING
    },
];

impl AgentIdentity {
    /// How git-ai spells its name.
    pub fn git_ai_spelling(&self) -> &'static str {
        self.spellings.first().unwrap_or(&self.name)
    }
}

/// The agent with this name.
pub fn by_name(name: &str) -> Option<&'static AgentIdentity> {
    AGENTS.iter().copied().find(|agent| agent.name == name)
}

/// Our name for an agent as notes of other tools spell it; an unknown name stays, in lower case.
pub fn our_spelling(tool: &str) -> String {
    known_spelling(tool).map_or_else(|| tool.to_ascii_lowercase(), str::to_owned)
}

/// The same if the agent is known; `None` if it is not.
pub fn known_spelling(tool: &str) -> Option<&'static str> {
    let is_it = |spelling: &&str| spelling.eq_ignore_ascii_case(tool);
    let mut known = AGENTS.iter();
    let known = known.find(|agent| is_it(&agent.name) || agent.spellings.iter().any(is_it));
    known.map(|agent| agent.name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// That no two rows have the same key, and that each is in lower case.
    fn assert_distinct<'a>(what: &str, keys: impl Iterator<Item = &'a str>) {
        let mut seen = HashSet::new();
        for key in keys {
            assert!(!key.is_empty(), "{what}");
            assert_eq!(key, key.to_ascii_lowercase(), "{what}");
            assert!(seen.insert(key), "{what}: `{key}` stands twice");
        }
    }

    #[test]
    fn nothing_belongs_to_two_agents() {
        assert_distinct("names", AGENTS.iter().map(|agent| agent.name));
        let of = |column: fn(&AgentIdentity) -> &'static [&'static str]| {
            AGENTS.iter().flat_map(move |agent| column(agent)).copied()
        };
        let shared = || AGENTS.iter().flat_map(|agent| agent.shared);
        let own = of(|agent| agent.addresses)
            .chain(of(|agent| agent.bots))
            .chain(of(|agent| agent.logins));
        let addresses = own.chain(shared().map(|(address, _)| *address));
        assert_distinct("addresses and logins", addresses);
        let words = of(|agent| agent.words).chain(of(|agent| agent.model_words));
        assert_distinct("words", words);
        assert_distinct("titles", of(|agent| agent.titles));
        assert_distinct("spellings", of(|agent| agent.spellings));
        let generators = AGENTS.iter().flat_map(|agent| agent.generators);
        assert!(
            generators
                .clone()
                .all(|(_, address)| address.starts_with("https://"))
        );
        let variables: HashSet<&str> = of(|agent| agent.variables).collect();
        assert_eq!(variables.len(), of(|agent| agent.variables).count());
        // Names are split into words of letters before these are looked for.
        let mut letters = shared()
            .flat_map(|(_, words)| *words)
            .flat_map(|word| word.bytes());
        assert!(letters.all(|byte| byte.is_ascii_lowercase()));
    }

    #[test]
    fn other_spellings_are_ours_and_back() {
        for (theirs, ours) in [
            ("claude", "claude-code"),
            ("Claude Code", "claude-code"),
            ("gemini", "gemini-cli"),
            ("github-copilot-cli", "copilot-cli"),
            ("Codex", "codex"),
            ("Unheard-Of", "unheard-of"),
        ] {
            assert_eq!(our_spelling(theirs), ours);
        }
        for agent in AGENTS {
            assert_eq!(our_spelling(agent.git_ai_spelling()), agent.name);
            assert_eq!(by_name(agent.name), Some(*agent));
        }
    }
}
