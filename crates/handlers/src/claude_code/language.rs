//! Languages by the names that people and models give them.

/// How files of a language end, and what else it is called.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("py", &["python", "python3"]),
    ("rs", &["rust"]),
    ("js", &["javascript", "node", "nodejs", "ecmascript"]),
    ("jsx", &[]),
    ("ts", &["typescript"]),
    ("tsx", &[]),
    ("go", &["golang"]),
    ("java", &[]),
    ("kt", &["kotlin"]),
    ("scala", &[]),
    ("c", &["h"]),
    ("cpp", &["c++", "cxx", "cc", "hpp"]),
    ("cs", &["c#", "csharp"]),
    ("fs", &["f#", "fsharp"]),
    ("m", &["objective-c", "objc"]),
    ("swift", &[]),
    ("rb", &["ruby"]),
    ("php", &[]),
    ("pl", &["perl"]),
    ("lua", &[]),
    ("r", &[]),
    ("jl", &["julia"]),
    ("hs", &["haskell"]),
    ("ml", &["ocaml"]),
    ("ex", &["elixir"]),
    ("erl", &["erlang"]),
    ("clj", &["clojure"]),
    ("dart", &[]),
    ("zig", &[]),
    ("nim", &[]),
    ("sh", &["shell", "bash", "zsh", "posix", "shell-script"]),
    ("ps1", &["powershell", "pwsh"]),
    ("sql", &["postgresql", "mysql", "sqlite"]),
    ("html", &["html5"]),
    ("css", &[]),
    ("scss", &["sass"]),
    ("vue", &[]),
    ("json", &[]),
    ("yaml", &["yml"]),
    ("toml", &[]),
    ("xml", &[]),
    ("md", &["markdown"]),
    ("tex", &["latex"]),
    ("tf", &["terraform", "hcl"]),
    ("dockerfile", &["docker"]),
    ("mk", &["make", "makefile"]),
    ("proto", &["protobuf"]),
    ("graphql", &["gql"]),
    ("wat", &["webassembly"]),
    ("asm", &["assembly", "nasm"]),
    ("vb", &["visual basic", "vb.net"]),
];

/// Of a file in a language that nobody knows here.
const ENDING_UNKNOWN: &str = "txt";

/// How files of the language end, without a dot.
pub(super) fn ending(language: &str) -> &'static str {
    known(language).unwrap_or(ENDING_UNKNOWN)
}

/// Whether both names mean the same language.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    match (known(one), known(other)) {
        (None, None) => one.trim().eq_ignore_ascii_case(other.trim()),
        (one, other) => one == other,
    }
}

fn known(language: &str) -> Option<&'static str> {
    let name = language.trim().to_lowercase();
    let fits =
        |(ending, names): &&(&str, &[&str])| *ending == name || names.contains(&name.as_str());
    LANGUAGES.iter().find(fits).map(|(ending, _)| *ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_all_its_names() {
        for (name, wanted) in [("Python", "py"), ("C++", "cpp"), ("rs", "rs"), (" bash ", "sh")] {
            assert_eq!(ending(name), wanted);
        }
        assert_eq!(ending("befunge"), "txt");
        assert!(is_same("py", "Python3") && is_same("Befunge", "befunge"));
        assert!(!is_same("rust", "befunge") && !is_same("", "python"));
    }

    #[test]
    fn no_name_means_two_languages() {
        let mut names: Vec<&str> = LANGUAGES
            .iter()
            .flat_map(|(ending, names)| std::iter::once(*ending).chain(names.iter().copied()))
            .collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
