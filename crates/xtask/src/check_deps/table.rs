//! Who may import whom: one row per crate, in the order of the arrows.
//!
//! A new crate needs a row here before the check passes. Names are those of the folders in `crates/`.

/// What one crate may know about the others.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) may_import: &'static [&'static str],
    /// Crates from outside that would bring in what this one must not know. `aws-*` is a prefix.
    pub(super) banned: &'static [&'static str],
    pub(super) reason: &'static str,
    pub(super) tests: Tests,
    pub(super) confined: &'static [Confined],
}

/// What the dev-dependencies of a crate may add to `may_import`. It is never more than this,
/// because a convenience for tests is how stray edges get in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tests {
    Nothing,
    Testkit,
    Anything,
}

/// A path that may be named in a few files of a crate only.
pub(super) struct Confined {
    pub(super) path: &'static str,
    /// Relative to the crate's folder; empty means nowhere.
    pub(super) files: &'static [&'static str],
    pub(super) reason: &'static str,
}

const ENTRY_POINTS: &[&str] = &["src/main.rs", "src/program.rs"];
const WIRING: &str = "which backend is used is decided where the program starts";

pub(super) const TABLE: &[Row] = &[
    Row {
        name: "domain",
        may_import: &[],
        banned: &["tokio", "tokio-*", "axum", "hyper", "reqwest", "rusqlite", "aws-*"],
        reason: "the domain is pure: no I/O, no runtime, no other crate of ours",
        tests: Tests::Nothing,
        confined: &[],
    },
    Row {
        name: "api-types",
        may_import: &["domain"],
        banned: &["tokio", "axum", "reqwest", "rusqlite", "aws-*"],
        reason: "the wire contract is shared by both ends and belongs to neither",
        tests: Tests::Testkit,
        confined: &[Confined {
            path: "agent_runner_domain::ports",
            files: &[],
            reason: "the wire contract knows ids and states, not how they are kept",
        }],
    },
    Row {
        name: "llm",
        may_import: &[],
        banned: &["axum", "rusqlite", "aws-*"],
        reason: "the model client knows nothing of jobs",
        tests: Tests::Nothing,
        confined: &[],
    },
    Row {
        name: "model-sim",
        may_import: &[],
        banned: &["reqwest", "rusqlite", "aws-*"],
        reason: "a stand-in for others' servers that shared code with our client would agree with its faults",
        tests: Tests::Anything,
        confined: &[],
    },
    Row {
        name: "process",
        may_import: &[],
        banned: &["tokio", "axum", "rusqlite", "aws-*"],
        reason: "what the operating system knows of processes has nothing to do with jobs",
        tests: Tests::Nothing,
        confined: &[],
    },
    Row {
        name: "handlers",
        may_import: &["domain", "llm", "process"],
        banned: &["axum", "rusqlite", "aws-*"],
        reason: "a handler sees its payload and its context, not who runs it or where",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "engine",
        may_import: &["domain"],
        banned: &["axum", "hyper", "reqwest", "rusqlite", "aws-*"],
        reason: "the engine sees ports only: no HTTP, no SQL, no backend",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "local",
        may_import: &["domain", "process"],
        banned: &["axum", "aws-*"],
        reason: "an adapter translates for the ports and decides nothing",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "aws",
        may_import: &["domain"],
        banned: &["axum", "rusqlite"],
        reason: "an adapter translates for the ports and decides nothing",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "bootstrap",
        may_import: &["domain", "local", "aws", "llm"],
        banned: &["axum"],
        reason: "the only crate that knows both backends should know little else",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "client",
        may_import: &["api-types", "domain"],
        banned: &["axum", "rusqlite", "aws-*"],
        reason: "the client knows the API and nothing of what stands behind it",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "orchestrator",
        may_import: &["engine", "domain", "api-types", "bootstrap", "handlers"],
        banned: &["rusqlite", "aws-*"],
        reason: "HTTP in front of the engine; what stands behind the ports is not its business",
        tests: Tests::Anything,
        confined: &[
            Confined { path: "agent_runner_bootstrap", files: ENTRY_POINTS, reason: WIRING },
            Confined {
                path: "agent_runner_handlers",
                files: ENTRY_POINTS,
                reason: "the API reads a catalogue of job types; only the program fills it",
            },
        ],
    },
    Row {
        name: "worker",
        may_import: &["domain", "handlers", "client", "llm", "process", "bootstrap"],
        banned: &["axum", "rusqlite", "aws-*"],
        reason: "a worker reaches the world through its link and its handler",
        tests: Tests::Anything,
        confined: &[Confined {
            path: "agent_runner_bootstrap",
            files: &["src/main.rs", "src/program.rs", "src/program/direct.rs"],
            reason: WIRING,
        }],
    },
    Row {
        name: "cli",
        may_import: &[
            "client",
            "api-types",
            "domain",
            "llm",
            "orchestrator",
            "worker",
            "model-sim",
        ],
        banned: &["axum", "rusqlite", "aws-*"],
        reason: "the command line talks to the API, as any other client does",
        tests: Tests::Anything,
        confined: &[
            Confined {
                path: "agent_runner_domain::ports",
                files: &[],
                reason: "the command line knows ids and states; ports are for adapters",
            },
            Confined {
                path: "agent_runner_orchestrator",
                files: &["src/programs.rs"],
                reason: "a program is started as a subcommand by one function, and not used otherwise",
            },
            Confined {
                path: "agent_runner_llm",
                files: &["src/estimate/models.rs"],
                reason: "an estimate needs the prices of models; models are asked by workers",
            },
            Confined {
                path: "agent_runner_model_sim",
                files: &["src/demo.rs"],
                reason: "the simulator answers where a demonstration was asked for, and nowhere else",
            },
            Confined {
                path: "agent_runner_worker",
                files: &["src/programs.rs"],
                reason: "a program is started as a subcommand by one function, and not used otherwise",
            },
        ],
    },
    Row {
        name: "testkit",
        may_import: &["domain"],
        banned: &["axum", "rusqlite", "aws-*"],
        reason: "fakes stand for ports; what they share with an adapter would test itself",
        tests: Tests::Testkit,
        confined: &[],
    },
    Row {
        name: "xtask",
        may_import: &["api-types", "client", "domain", "llm"],
        banned: &["aws-*"],
        reason: "checks and measurements look at the system from outside",
        tests: Tests::Anything,
        confined: &[],
    },
];

/// The row of a crate, by the name of its folder.
pub(super) fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}
